import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBinaries } from './binaries.js'
import { Gate } from './gate.js'
import { type Owner, reachableBy, serverOwner } from './owner.js'
import { Reaper } from './reaper.js'
import { freePort, Server } from './server.js'
import { slotOf } from './settings.js'
import { withClient } from './sql.js'
import { cacheDir, copyDirectory, template, templateUrl } from './template.js'
import { TestCluster } from './test-cluster.js'
import { TestNode } from './test-node.js'

/** Everything that can be chosen about a test cluster. */
export interface StartClusterOptions {
  /** Streaming standbys, named `replica-1`, `replica-2`, … Default 1. */
  readonly replicas?: number
  /** The major version, 14 to 18. Default: the first PostgreSQL that is found. */
  readonly version?: number
  /** The folder of `postgres` and `initdb`. Default: see docs/testing.md. */
  readonly binDir?: string
  /** The application's database. Default `app`. */
  readonly database?: string
  /** Settings of the server for every node, such as `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>
  /** A breakable piece of network in front of every node. Default true. */
  readonly gates?: boolean
  /** Where the temporary folder is made. Default: the system's. */
  readonly dir?: string
}

/** The part of a test's context that is used: node:test has it. */
export interface TestContext {
  after(fn: () => Promise<void>): void
}

/**
 * Starts a real primary with streaming standbys and waits until all of them stream.
 *
 * Works as root (the servers then run as `nobody`) and as an ordinary user. Given a test's context, it stops with the
 * test; otherwise use `await using`, or `stop()`. Nothing is left behind, even when this process is killed.
 *
 * @throws {OperationError} naming the step that failed, with the end of the server's log.
 */
export function startCluster(options?: StartClusterOptions): Promise<TestCluster>
export function startCluster(test: TestContext, options?: StartClusterOptions): Promise<TestCluster>
export async function startCluster(
  first?: TestContext | StartClusterOptions,
  second?: StartClusterOptions,
): Promise<TestCluster> {
  const test = first !== undefined && 'after' in first && typeof first.after === 'function' ? first : undefined
  const cluster = await start((test === undefined ? (first as StartClusterOptions | undefined) : second) ?? {})
  test?.after(() => cluster.stop())
  return cluster
}

async function start(options: StartClusterOptions): Promise<TestCluster> {
  const owner = serverOwner()
  const binaries = reachableBy(owner, findBinaries(options), cacheDir())
  const source = await template(binaries, owner, options.database ?? 'app')
  const folder = makeFolder(options.dir ?? tmpdir(), owner)
  const reaper = new Reaper(folder)
  const nodes: TestNode[] = []
  const cluster = () => new TestCluster({ folder, reaper, nodes, hasRewind: binaries.hasRewind, major: binaries.major })
  try {
    const secrets = { admin: secret(), replication: secret(), app: secret() }
    const names = ['primary', ...Array.from({ length: options.replicas ?? 1 }, (_, i) => `replica-${i + 1}`)]
    const primaryPort = await freePort()
    for (const name of names) {
      const port = name === 'primary' ? primaryPort : await freePort()
      nodes.push(await makeNode({ name, port, primaryPort, folder, owner, binaries, options, secrets }))
    }
    await Promise.all(nodes.map((node) => copyDirectory(source, node.dataDir)))
    for (const node of nodes) configure(node, options, secrets)
    await startAll(nodes, secrets)
    const started = cluster()
    await started.untilAllStream()
    return started
  } catch (error) {
    if (nodes.length > 0) await cluster().stop()
    else {
      rmSync(folder, { recursive: true, force: true })
      await reaper.dismiss()
    }
    throw error
  }
}

interface Secrets {
  readonly admin: string
  readonly replication: string
  readonly app: string
}

interface NodePlan {
  readonly name: string
  readonly port: number
  readonly primaryPort: number
  readonly folder: string
  readonly owner: Owner | undefined
  readonly binaries: ReturnType<typeof findBinaries>
  readonly options: StartClusterOptions
  readonly secrets: Secrets
}

async function makeNode(plan: NodePlan): Promise<TestNode> {
  const { name, port, primaryPort, folder, owner, binaries, options, secrets } = plan
  const dataDir = join(folder, name)
  const logFile = join(folder, `${name}.log`)
  const database = options.database ?? 'app'
  return new TestNode({
    name,
    server: new Server(port, binaries, owner, { dataDir, logFile }),
    owner,
    dataDir,
    logFile,
    gate: options.gates === false ? undefined : await Gate.open(port),
    upstreamGate: await Gate.open(primaryPort),
    urlAt: (at) => `postgres://app:${secrets.app}@127.0.0.1:${at}/${database}`,
    adminUrlAt: (at) => `postgres://postgres:${secrets.admin}@127.0.0.1:${at}/${database}`,
  })
}

function configure(node: TestNode, options: StartClusterOptions, secrets: Secrets): void {
  node.configure({
    name: node.name,
    upstreamPort: node.parts.upstreamGate.port,
    replicationPassword: secrets.replication,
    slot: slotOf(node.name),
    settings: options.settings ?? {},
  })
  if (node.name !== 'primary') node.becomeStandby()
}

/** Passwords and slots first: standbys replay them like everything else. */
async function startAll(nodes: readonly TestNode[], secrets: Secrets): Promise<void> {
  const [primary, ...standbys] = nodes as [TestNode, ...TestNode[]]
  await primary.start()
  await withClient(templateUrl(primary.parts.server.port), async (client) => {
    await client.query(`alter role replicator password '${secrets.replication}'`)
    await client.query(`alter role app password '${secrets.app}'`)
    for (const node of standbys) {
      await client.query('select pg_catalog.pg_create_physical_replication_slot($1, true)', [slotOf(node.name)])
    }
    await client.query(`alter role postgres password '${secrets.admin}'`)
  })
  await Promise.all(standbys.map((node) => node.start()))
  for (const node of nodes) node.forgetStatements()
}

function makeFolder(parent: string, owner: Owner | undefined): string {
  const folder = mkdtempSync(join(parent, 'sluice-'))
  chmodSync(folder, 0o711)
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  return folder
}

function secret(): string {
  return randomBytes(12).toString('hex')
}
