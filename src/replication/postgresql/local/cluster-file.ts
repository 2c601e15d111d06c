import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperationError } from '../errors.js'

/** What a local cluster is, between commands. */
export interface ClusterFile {
  readonly version: 1
  /** PostgreSQL's programs, and their major version. */
  readonly binDir: string
  readonly major: number
  readonly database: string
  readonly appRole: string
  readonly synchronous: number
  readonly nodes: readonly { readonly name: string; readonly port: number }[]
}

export interface LocalSecrets {
  readonly admin: string
  readonly replication: string
  readonly app: string
}

const CLUSTER = 'cluster.json'
const SECRETS = 'secrets.json'

export function hasCluster(dir: string): boolean {
  return existsSync(join(dir, CLUSTER))
}

/** @throws {OperationError} there is none, or it is not what we wrote. */
export function readCluster(dir: string): ClusterFile {
  const file = read(dir, CLUSTER) as ClusterFile
  if (file.version === 1 && Array.isArray(file.nodes) && file.nodes.length > 0) return file
  throw new OperationError('read the cluster', `${join(dir, CLUSTER)} is not of version 1`, {
    hint: 'a newer Sluice may have written it',
  })
}

export function readSecrets(dir: string): LocalSecrets {
  return read(dir, SECRETS) as LocalSecrets
}

export function writeCluster(dir: string, file: ClusterFile): void {
  write(dir, CLUSTER, file, 0o644)
}

/** For nobody but whoever made the cluster. */
export function writeSecrets(dir: string, secrets: LocalSecrets): void {
  write(dir, SECRETS, secrets, 0o600)
}

function read(dir: string, name: string): unknown {
  const path = join(dir, name)
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const isMissing = (cause as { code?: string }).code === 'ENOENT'
    const what = isMissing ? `there is no ${path}` : `${path}: ${(cause as Error).message}`
    const hint = isMissing
      ? 'sluice up --local 3 makes a cluster; --dir names another folder'
      : 'restore it from a copy'
    throw new OperationError('read the cluster', what, { cause, hint })
  }
}

/** Whole or not at all. */
function write(dir: string, name: string, value: unknown, mode: number): void {
  const path = join(dir, name)
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode })
  chmodSync(`${path}.new`, mode)
  renameSync(`${path}.new`, path)
}
