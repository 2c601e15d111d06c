import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Owner } from '../replication/postgresql/programs/owner.js'
import type { Reaper } from '../replication/postgresql/programs/reaper.js'
import { runProgram } from '../replication/postgresql/programs/run-program.js'
import { SETTINGS_FILE } from './settings.js'

/** Files of a data directory that say which node it is, and that it keeps whatever else is copied over it. */
export const OWN_FILES = [SETTINGS_FILE, 'pg_hba.conf', 'postgresql.conf', 'postgresql.auto.conf'] as const

/** Folders whose contents belong to the running server alone. */
const EMPTY_IN_COPY: ReadonlySet<string> = new Set(
  'pg_wal pg_replslot pg_dynshmem pg_notify pg_serial pg_snapshots pg_stat_tmp pg_subtrans'.split(' '),
)
const NOT_COPIED: ReadonlySet<string> = new Set(['postmaster.pid', 'postmaster.opts', ...OWN_FILES])

/** Copies a data directory that no server uses, owner and permissions included. */
export async function copyStopped(from: string, to: string, reaper: Reaper): Promise<void> {
  // Where the file system can, blocks are shared until they change: by itself on Linux, if asked on macOS.
  const share = process.platform === 'darwin' ? ['-c'] : []
  await runProgram({ program: 'cp', args: ['-R', '-p', ...share, from, to], reaper })
}

/**
 * Copies the data directory of a running server, between `pg_backup_start` and `pg_backup_stop`. Files may change and
 * vanish meanwhile: replay of the log makes up for all of it.
 *
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP-DATA
 */
export function copyRunning(from: string, to: string, owner: Owner | undefined): void {
  makeFolder(to, owner)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (NOT_COPIED.has(entry.name)) continue
    if (!entry.isDirectory()) copyFile(source, target, owner)
    else if (!EMPTY_IN_COPY.has(entry.name)) copyRunning(source, target, owner)
    else makeFolder(target, owner)
  }
}

function copyFile(source: string, target: string, owner: Owner | undefined): void {
  try {
    copyFileSync(source, target)
    give(target, owner)
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error
  }
}

function makeFolder(path: string, owner: Owner | undefined): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  give(path, owner)
}

/** Writes a file that only the server may read: passwords may stand in it. */
export function writeOwn(path: string, text: string | Uint8Array, owner: Owner | undefined): void {
  writeFileSync(path, text, { mode: 0o600 })
  chmodSync(path, 0o600)
  give(path, owner)
}

/** Empties it, but for the files that are this node's own. */
export function clearAllButOwn(dataDir: string): void {
  for (const name of readdirSync(dataDir))
    if (!OWN_FILES.some((it) => it === name)) rmSync(join(dataDir, name), { recursive: true, force: true })
}

export function isStandby(dataDir: string): boolean {
  return existsSync(join(dataDir, 'standby.signal'))
}

function give(path: string, owner: Owner | undefined): void {
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
}
