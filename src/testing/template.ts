import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.js'
import { OperationError } from './errors.js'
import type { Owner } from './owner.js'
import { freePort, Server } from './server.js'
import { query } from './sql.js'

const run = promisify(execFile)

/** Changes when what a template holds changes, so that an older one is not taken. */
const TEMPLATE_VERSION = 1

/** The superuser's password while a template is made; each cluster gets passwords of its own. */
const TEMPLATE_PASSWORD = 'template'

/** Where templates are kept between runs: `SLUICE_CACHE`, else beside other temporary files. */
export function cacheDir(): string {
  return process.env['SLUICE_CACHE'] ?? join(tmpdir(), 'sluice-cache')
}

/**
 * A data directory to copy from: initialised, with the roles and the database, cleanly shut down. Primary and standbys
 * all begin as copies of it, so no base backup is needed. Made once for each PostgreSQL and database name, in a folder
 * of its own that is renamed when it is complete: processes that make one at the same time do not disturb each other.
 */
export async function template(binaries: Binaries, owner: Owner | undefined, database: string): Promise<string> {
  const key = createHash('sha256')
    .update(`${TEMPLATE_VERSION} ${binaries.binDir} ${database} ${owner?.uid ?? process.getuid?.()}`)
    .digest('hex')
    .slice(0, 16)
  const root = cacheDir()
  const finished = join(root, `postgres-${binaries.major}-${key}`)
  if (existsSync(finished)) return finished
  mkdirSync(root, { recursive: true, mode: 0o755 })
  const building = mkdtempSync(join(root, 'building-'))
  try {
    if (owner !== undefined) chownSync(building, owner.uid, owner.gid)
    await build(binaries, owner, building, database)
    renameSync(join(building, 'data'), finished)
  } catch (error) {
    if (!existsSync(finished)) throw error
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
  return finished
}

async function build(binaries: Binaries, owner: Owner | undefined, folder: string, database: string): Promise<void> {
  const dataDir = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, TEMPLATE_PASSWORD, { mode: 0o600 })
  if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid)
  const options = ['-D', dataDir, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8']
  const fast = ['--locale=C', '--wal-segsize=1', '--no-sync', '--no-instructions']
  try {
    await run(join(binaries.binDir, 'initdb'), [...options, ...fast], {
      ...owner,
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC' },
    })
  } catch (cause) {
    throw new OperationError('initdb', String((cause as { stderr?: string }).stderr ?? cause), { cause })
  }
  appendFileSync(
    join(dataDir, 'postgresql.conf'),
    "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n",
  )
  await createRoles(binaries, owner, folder, dataDir, database)
}

async function createRoles(
  binaries: Binaries,
  owner: Owner | undefined,
  folder: string,
  dataDir: string,
  database: string,
): Promise<void> {
  const server = new Server(await freePort(), binaries, owner, { dataDir, logFile: join(folder, 'log') })
  await server.start()
  try {
    const url = `postgres://postgres:${TEMPLATE_PASSWORD}@127.0.0.1:${server.port}/postgres`
    await query(url, 'create role replicator login replication')
    await query(url, 'create role app login')
    await query(url, 'grant pg_monitor to app')
    if (database !== 'postgres') await query(url, `create database ${JSON.stringify(database)} owner app`)
  } finally {
    await server.stop('fast')
  }
}

/** The URL of a server that has just been started from a template. */
export function templateUrl(port: number): string {
  return `postgres://postgres:${TEMPLATE_PASSWORD}@127.0.0.1:${port}/postgres`
}

/** Copies a data directory that nobody uses. Where the file system can, blocks are shared until they change. */
export async function copyDirectory(from: string, to: string): Promise<void> {
  const share = process.platform === 'linux' ? ['--reflink=auto'] : []
  await run('cp', ['-R', '-p', ...share, from, to])
}
