import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Binaries } from '../replication/postgresql/programs/binaries.js'
import type { Owner } from '../replication/postgresql/programs/owner.js'
import { freePort } from '../replication/postgresql/programs/ports.js'
import type { Reaper } from '../replication/postgresql/programs/reaper.js'
import { Gate } from './gate.js'
import type { ClusterPlan } from './options.js'
import { Server } from './server.js'
import { slotOf } from './settings.js'
import { TestNode } from './test-node.js'

/** Passwords of one cluster. */
export interface Secrets {
  readonly admin: string
  readonly replication: string
  readonly app: string
}

export interface NodesPlan {
  readonly plan: ClusterPlan
  readonly binaries: Binaries
  readonly owner: Owner | undefined
  readonly reaper: Reaper
  /** Of the cluster: data directories lie directly in it. */
  readonly folder: string
  readonly passwords: Secrets
}

/** Different in every cluster. Safe to stand in a URL and between quotes. */
export function secrets(): Secrets {
  return { admin: secret(), replication: secret(), app: secret() }
}

/** The nodes, the primary first, with their gates open and their servers not started. */
export async function makeNodes(plan: NodesPlan): Promise<readonly TestNode[]> {
  const primaryPort = await freePort()
  const nodes = [await makeNode(plan, 'primary', primaryPort, primaryPort)]
  for (let i = 1; i <= plan.plan.replicas; i++)
    nodes.push(await makeNode(plan, `replica-${i}`, await freePort(), primaryPort))
  return nodes
}

async function makeNode(from: NodesPlan, name: string, port: number, primaryPort: number): Promise<TestNode> {
  const { plan, binaries, owner, reaper, folder, passwords } = from
  const files = { dataDir: join(folder, name), logFile: join(folder, `${name}.log`) }
  // Neither of them listens before a server does.
  const gate = plan.gates ? await Gate.open(port, false) : undefined
  const upstreamGate = plan.gates ? await Gate.open(primaryPort, false) : undefined
  const onListening = async (isListening: boolean) => {
    await gate?.targetIs(isListening)
    await upstreamGate?.targetIs(true)
  }
  const { binDir } = binaries
  const server = new Server({ name, port, binDir, owner, reaper, onListening, ...files })
  const at = (user: string, password: string) => (it: number) =>
    `postgres://${user}:${password}@127.0.0.1:${it}/${encodeURI(plan.database)}`
  const urls = { urlAt: at('app', passwords.app), adminUrlAt: at('postgres', passwords.admin) }
  const parts = { name, server, binDir, owner, reaper, gate, upstreamGate, ...files, ...urls }
  return new TestNode(parts, {
    name,
    upstreamPort: upstreamGate?.port ?? primaryPort,
    replicationPassword: passwords.replication,
    slot: slotOf(name),
    settings: plan.settings,
  })
}

function secret(): string {
  return randomBytes(12).toString('hex')
}
