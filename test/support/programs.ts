import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBinaries } from '../../src/replication/postgresql/programs/binaries.js'
import { cacheFolder } from '../../src/replication/postgresql/programs/folders.js'
import { installedBinDirs } from '../../src/replication/postgresql/programs/installed.js'
import { serverOwner } from '../../src/replication/postgresql/programs/owner.js'
import { Reaper } from '../../src/replication/postgresql/programs/reaper.js'

/** A folder of programs that stand in front of PostgreSQL's own. */
export interface Programs {
  readonly binDir: string
  /** Each call so far, in order: the program and its arguments. */
  readonly calls: () => readonly string[]
  readonly forget: () => void
  readonly remove: () => void
}

export interface ProgramsOptions {
  /** PostgreSQL's own. Default: what `startCluster` would take. */
  readonly of?: string
  /** Which there are. */
  readonly names?: readonly string[]
  /** Programs that fail instead, with what they say. */
  readonly broken?: Readonly<Record<string, string>>
}

/** The programs of a real PostgreSQL, each of which notes its call before it does what it does. */
export async function notingPrograms(options: ProgramsOptions = {}): Promise<Programs> {
  const folder = openFolder('programs-')
  const real = options.of ?? (await defaultBinDir())
  const notes = join(folder, 'notes')
  writeFileSync(notes, '')
  chmodSync(notes, 0o666)
  mkdirSync(join(folder, 'bin'))
  for (const name of options.names ?? ['postgres', 'initdb']) {
    const says = options.broken?.[name]
    const act = says === undefined ? `exec '${real}/${name}' "$@"` : `echo '${says}' >&2; exit 1`
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\necho "${name} $*" >> '${notes}'\n${act}\n`)
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  return {
    binDir: join(folder, 'bin'),
    calls: () => readFileSync(notes, 'utf8').split('\n').filter(Boolean),
    forget: () => writeFileSync(notes, ''),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Where `startCluster` finds its programs without being told: a place that the user of the servers can reach. */
export async function defaultBinDir(version?: number): Promise<string> {
  const [owner, reaper] = [serverOwner(), new Reaper()]
  const found = await findBinaries({ binDir: undefined, version, owner, cache: cacheFolder(owner), reaper })
  await reaper.dismiss()
  return found.binDir
}

/** The newest installed PostgreSQL that has a program beyond those that npm brings. */
export async function installedWith(name: string): Promise<string | undefined> {
  for await (const binDir of installedBinDirs()) if (existsSync(join(binDir, name))) return binDir
  return undefined
}

/** Clusters of programs that nobody has again get a cache that goes with them. @returns ends it. */
export function ownCache(): () => void {
  const outer = process.env['SLUICE_CACHE']
  const cache = openFolder('cache-')
  process.env['SLUICE_CACHE'] = cache
  return () => {
    if (outer === undefined) delete process.env['SLUICE_CACHE']
    else process.env['SLUICE_CACHE'] = outer
    rmSync(cache, { recursive: true })
  }
}

/** A new folder into which servers get, whoever runs them. */
export function openFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(folder, 0o755)
  return folder
}
