import { randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { OperationError } from '../errors.js'
import { isOpenTo } from '../programs/folders.js'
import { freePort } from '../programs/ports.js'
import { type ClusterFile, readCluster, writeCluster, writeSecrets } from './cluster-file.js'
import { localOwner } from './local-cluster.js'
import { findPrograms } from './programs.js'

export interface NewCluster {
  /** Nodes in all, the primary included. 1 to 9. */
  readonly nodes: number
  readonly database: string
  readonly appRole: string
  readonly synchronous: number
  /** Major version; `undefined`: the newest there is. */
  readonly version?: number | undefined
  readonly binDir?: string | undefined
  /** The first node's; the others follow. `undefined`: free ones, at random. */
  readonly port?: number | undefined
}

/** Writes down what the cluster shall be. Nothing of it runs yet. */
export async function makeCluster(folder: string, wanted: NewCluster): Promise<void> {
  const dir = makeFolder(resolve(folder))
  const { binDir, major } = await findPrograms(dir, wanted)
  const { database, appRole, synchronous } = wanted
  const nodes: ClusterFile['nodes'][number][] = []
  for (let i = 0; i < wanted.nodes; i++) nodes.push(await newNode(dir, nodes, wanted.port))
  writeSecrets(dir, { admin: secret(), replication: secret(), app: secret() })
  writeCluster(dir, { version: 1, binDir, major, database, appRole, synchronous, nodes })
}

/** Writes down one node more. @returns its name. */
export async function addNode(folder: string): Promise<string> {
  const dir = resolve(folder)
  const file = readCluster(dir)
  const node = await newNode(dir, file.nodes, undefined)
  writeCluster(dir, { ...file, nodes: [...file.nodes, node] })
  return node.name
}

export function forgetNode(folder: string, name: string): void {
  const dir = resolve(folder)
  const file = readCluster(dir)
  writeCluster(dir, { ...file, nodes: file.nodes.filter((it) => it.name !== name) })
}

async function newNode(
  dir: string,
  others: ClusterFile['nodes'],
  first: number | undefined,
): Promise<ClusterFile['nodes'][number]> {
  const taken = new Set(others.map((it) => it.name))
  let number = 1
  while (taken.has(`node-${number}`)) number++
  const name = `node-${number}`
  makeNodeFolder(join(dir, name))
  return { name, port: first === undefined ? await freePort() : first + others.length }
}

function makeFolder(dir: string): string {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o755 })
  } catch (cause) {
    throw new OperationError('make the folder', (cause as Error).message, { cause, hint: 'name another with --dir' })
  }
  const owner = localOwner()
  if (isOpenTo(owner, realpathSync(dir))) return dir
  throw new OperationError(
    'make the folder',
    `${owner?.name}, who runs the servers because root may not, cannot enter ${dir}`,
    {
      hint: 'name a folder that everybody can enter with --dir, such as /var/lib/sluice, or run this as another user than root',
    },
  )
}

/** A folder of that name is somebody's. @throws {OperationError} */
function makeNodeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (cause) {
    throw new OperationError('make a node', (cause as Error).message, { cause, hint: `move ${path} away` })
  }
  const owner = localOwner()
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
}

/** Safe in a URL, between quotes, and for SASLprep. */
function secret(): string {
  return randomBytes(18).toString('base64url')
}
