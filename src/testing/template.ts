import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Binaries } from '../replication/postgresql/programs/binaries.js'
import { makeUnfinished } from '../replication/postgresql/programs/folders.js'
import type { Owner } from '../replication/postgresql/programs/owner.js'
import type { Reaper } from '../replication/postgresql/programs/reaper.js'
import { runProgram } from '../replication/postgresql/programs/run-program.js'
import { removeSpareSegments, SEGMENT_MB } from './segments.js'
import { HBA_TEXT, SETTINGS_FILE } from './settings.js'

/** A data directory to copy from: initialised, with the roles and the database, and cleanly shut down. */
export interface Template {
  readonly dataDir: string
  /** The superuser's, until a cluster gets passwords of its own. */
  readonly password: string
}

/** The application's database in the template, renamed when somebody wants another name. */
export const TEMPLATE_DATABASE = 'app'

/** Changes when what a template holds changes, so that an older one is not taken. */
const RECIPE = 6

/**
 * The template for this PostgreSQL, made when there is none. Primary and standbys all begin as copies of it, so that no
 * base backup is needed.
 *
 * It is made in a folder of its own that is renamed when it is complete: processes that make one at the same time do
 * not disturb each other.
 */
export async function templateFor(
  binaries: Binaries,
  owner: Owner | undefined,
  cache: string,
  reaper: Reaper,
): Promise<Template> {
  const key = createHash('sha256')
    .update(`${RECIPE} ${binaries.version} ${binaries.binDir} ${owner?.uid ?? process.getuid?.()}`)
    .digest('hex')
    .slice(0, 16)
  const finished = join(cache, `postgres-${binaries.major}-${key}`)
  if (isComplete(finished)) return templateIn(finished)
  const unfinished = makeUnfinished(owner, cache, reaper)
  try {
    await build(binaries, owner, unfinished, reaper)
    putInPlace(unfinished, finished)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return templateIn(finished)
}

function templateIn(folder: string): Template {
  return { dataDir: join(folder, 'data'), password: readFileSync(join(folder, 'password'), 'utf8') }
}

/** Names and sizes of all that belongs to a template. */
const NOTE = 'complete'

/** Those who tidy up temporary folders take single files, and a machine that loses power empties them. */
function isComplete(folder: string): boolean {
  const note = join(folder, NOTE)
  return existsSync(note) && readFileSync(note, 'utf8') === contentsOf(folder)
}

function contentsOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== NOTE)
    .sort()
    .map((name) => `${name} ${sizeIn(folder, name)}\n`)
    .join('')
}

function sizeIn(folder: string, name: string): number {
  const found = statSync(join(folder, name), { throwIfNoEntry: false })
  return found?.isFile() ? found.size : 0
}

function putInPlace(unfinished: string, finished: string): void {
  writeFileSync(join(unfinished, NOTE), contentsOf(unfinished))
  if (existsSync(finished) && !isComplete(finished)) takeAway(finished)
  try {
    renameSync(unfinished, finished)
  } catch (error) {
    // Another process may have been faster: its template is as good.
    if (!isComplete(finished)) throw error
  }
}

function takeAway(folder: string): void {
  const away = mkdtempSync(`${folder}-incomplete-`)
  renameSync(folder, away)
  rmSync(away, { recursive: true, force: true })
}

async function build(
  { binDir, major }: Binaries,
  owner: Owner | undefined,
  folder: string,
  reaper: Reaper,
): Promise<void> {
  const dataDir = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, randomBytes(12).toString('hex'), { mode: 0o600 })
  if (owner !== undefined) chownSync(passwordFile, owner.uid, owner.gid)
  const who = ['-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const what = ['-E', 'UTF8', '--locale=C', `--wal-segsize=${SEGMENT_MB}`, '--no-sync', '--no-instructions']
  await runProgram({ program: join(binDir, 'initdb'), args: ['-D', dataDir, ...who, ...what], owner, reaper })
  await runProgram({
    program: join(binDir, 'postgres'),
    args: ['--single', ...SINGLE_USER_SETTINGS, '-D', dataDir, 'template1'],
    input: statements(major).join('\n'),
    owner,
    reaper,
  })
  removeSpareSegments(dataDir)
  removeMaps(dataDir)
  writeFileSync(join(dataDir, 'pg_hba.conf'), HBA_TEXT)
  appendFileSync(join(dataDir, 'postgresql.conf'), `\ninclude '${SETTINGS_FILE}'\n`)
}

/**
 * A quarter of all files, which every node would copy, say where tables have room and which pages everybody sees.
 * PostgreSQL makes them anew.
 *
 * @see https://www.postgresql.org/docs/current/storage-fsm.html
 */
function removeMaps(dataDir: string): void {
  for (const name of readdirSync(join(dataDir, 'base'), { recursive: true, encoding: 'utf8' }))
    if (/\/\d+_(fsm|vm)$/.test(name)) rmSync(join(dataDir, 'base', name))
}

/**
 * A statement that fails is a failure, and nothing waits for the disk. A standby refuses to start with less of these than
 * its primary last ran with, and all nodes begin as this copy: with the least, every choice of a cluster's is possible.
 *
 * @see https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN
 */
const SINGLE_USER_SETTINGS = [
  '-F',
  ...'exit_on_error=on max_connections=1 max_wal_senders=0 max_worker_processes=0 max_locks_per_transaction=10'
    .split(' ')
    .flatMap((setting) => ['-c', setting]),
]

/** For the single-user mode, in which a line is a statement. */
function statements(major: number): readonly string[] {
  // The other way to copy a database, the default from 15 on, writes all of it to the log.
  const strategy = major >= 15 ? ' strategy file_copy' : ''
  return [
    'create role replicator login replication',
    'create role app login',
    `create database ${TEMPLATE_DATABASE} owner app${strategy}`,
    'checkpoint',
  ]
}
