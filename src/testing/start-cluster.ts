import { OperationError } from '../replication/postgresql/errors.js'
import { findBinaries } from '../replication/postgresql/programs/binaries.js'
import { cacheFolder, makeFolder } from '../replication/postgresql/programs/folders.js'
import { serverOwner } from '../replication/postgresql/programs/owner.js'
import { isPortTaken } from '../replication/postgresql/programs/ports.js'
import { Reaper } from '../replication/postgresql/programs/reaper.js'
import { copyStopped } from './data-dir.js'
import { makeNodes, type Secrets, secrets } from './make-nodes.js'
import { type ClusterPlan, planOf, type StartClusterOptions } from './options.js'
import { quoteName } from './quote.js'
import { slotOf } from './settings.js'
import { withClient } from './sql.js'
import { changeSystemIdentifier, newSystemIdentifier } from './system-identifier.js'
import { TEMPLATE_DATABASE, type Template, templateFor } from './template.js'
import { TestCluster } from './test-cluster.js'
import type { TestNode } from './test-node.js'
import { together } from './together.js'

/** The part of a test's context that is used, as `node:test` has it. */
export interface TestContext {
  after(fn: () => Promise<void>): void
}

/** The same, as Vitest has it. */
export interface VitestContext {
  onTestFinished(fn: () => Promise<void>): void
}

/** Ports are taken by chance, and may be so by two at once. */
const ATTEMPTS = 3

/**
 * Starts a real primary with streaming standbys and waits until all of them stream.
 *
 * Works as root (the servers then run as `nobody`) and as an ordinary user. Given a test's context, it stops with the
 * test; otherwise use `await using`, or `stop()`. Nothing is left behind, even when this process is killed.
 *
 * @throws {ConfigError} naming every rule that the options break.
 * @throws {OperationError} naming the step that failed, with the end of the server's log.
 */
export function startCluster(options?: StartClusterOptions): Promise<TestCluster>
export function startCluster(test: TestContext | VitestContext, options?: StartClusterOptions): Promise<TestCluster>
export async function startCluster(
  first: TestContext | VitestContext | StartClusterOptions = {},
  second: StartClusterOptions = {},
): Promise<TestCluster> {
  if (!isContext(first)) return start(planOf(first))
  const cluster = await start(planOf(second))
  const stop = () => cluster.stop()
  if ('after' in first) first.after(stop)
  else first.onTestFinished(stop)
  return cluster
}

function isContext(first: unknown): first is TestContext | VitestContext {
  return typeof first === 'object' && first !== null && ('after' in first || 'onTestFinished' in first)
}

async function start(plan: ClusterPlan): Promise<TestCluster> {
  if (process.platform === 'win32') throw new OperationError('start', 'sluice/testing needs Linux or macOS')
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(plan)
    } catch (error) {
      if (!isPortTaken(error) || attempt === ATTEMPTS) throw error
    }
  }
}

async function startOnce(plan: ClusterPlan): Promise<TestCluster> {
  const owner = serverOwner()
  const reaper = new Reaper()
  let cluster: TestCluster | undefined
  try {
    const cache = cacheFolder(owner)
    const binaries = await findBinaries({ ...plan, owner, cache, reaper })
    const template = await templateFor(binaries, owner, cache, reaper)
    const folder = makeFolder(owner, plan.dir, reaper)
    const passwords = secrets()
    const nodes = await makeNodes({ plan, binaries, owner, reaper, folder, passwords })
    cluster = new TestCluster({ reaper, nodes, major: binaries.major })
    await startAll(nodes, template, plan, passwords, reaper)
    await cluster.waitUntilStreaming()
    cluster.forgetStatements()
    return cluster
  } catch (error) {
    await (cluster?.stop() ?? reaper.dismiss()).catch((second: unknown) => {
      throw new AggregateError([error, second], `${(error as Error).message}; and ${(second as Error).message}`)
    })
    throw error
  }
}

/** The primary starts while the standbys are still being copied; they start when they can connect to it. */
async function startAll(
  nodes: readonly TestNode[],
  template: Template,
  plan: ClusterPlan,
  passwords: Secrets,
  reaper: Reaper,
): Promise<void> {
  const [primary, ...standbys] = nodes as [TestNode, ...TestNode[]]
  const identifier = newSystemIdentifier(Date.now())
  const copy = async (node: TestNode) => {
    await copyStopped(template.dataDir, node.dataDir, reaper)
    changeSystemIdentifier(node.dataDir, identifier)
    node.configure()
  }
  const startPrimary = async () => {
    await copy(primary)
    await primary.start()
    await setUp(primary, standbys, template, plan, passwords)
  }
  await together([startPrimary(), ...standbys.map(copy)])
  for (const node of standbys) node.becomeStandby()
  await together(standbys.map((node) => node.start()))
}

/** Passwords, slots, and the database's name. Standbys replay them like everything else. */
async function setUp(
  primary: TestNode,
  standbys: readonly TestNode[],
  template: Template,
  plan: ClusterPlan,
  passwords: Secrets,
): Promise<void> {
  const url = `postgres://postgres:${template.password}@127.0.0.1:${primary.parts.server.port}/postgres`
  const statements = [
    ...standbys.map((it) => `select pg_catalog.pg_create_physical_replication_slot('${slotOf(it.name)}', true)`),
    `alter role replicator password '${passwords.replication}'`,
    `alter role app password '${passwords.app}'`,
    `alter role postgres password '${passwords.admin}'`,
  ]
  if (plan.database !== TEMPLATE_DATABASE)
    statements.push(`alter database ${TEMPLATE_DATABASE} rename to ${quoteName(plan.database)}`)
  await withClient(url, (client) => client.query(statements.join(';'))).catch((cause: Error) => {
    throw new OperationError(`set up ${primary.name}`, cause.message, { cause })
  })
}
