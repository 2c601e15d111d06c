import { execFile } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** Where systems keep several versions side by side: a folder, and the programs below each number in it. */
const SIDE_BY_SIDE = [
  { folder: '/usr/lib/postgresql', inside: 'bin' },
  { folder: '/usr', inside: 'bin' },
  { folder: '/usr/libexec', inside: '' },
  { folder: '/opt/homebrew/opt', inside: 'bin' },
  { folder: '/usr/local/opt', inside: 'bin' },
  { folder: '/Applications/Postgres.app/Contents/Versions', inside: 'bin' },
  { folder: '/Library/PostgreSQL', inside: 'bin' },
] as const

/** Every folder of PostgreSQL's programs on this machine, newest first in each place; some may come twice. */
export async function* installedBinDirs(): AsyncGenerator<string> {
  for (const { folder, inside } of SIDE_BY_SIDE) {
    if (!existsSync(folder)) continue
    for (const name of versionFolders(readdirSync(folder))) {
      const binDir = join(folder, name, inside)
      if (existsSync(join(binDir, 'postgres'))) yield binDir
    }
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'postgres')
    // A link leads to the folder where the other programs are, too.
    if (folder !== '' && existsSync(program)) yield dirname(realpathSync(program))
  }
  const told = await toldByPgConfig()
  if (told !== undefined && existsSync(join(told, 'postgres'))) yield told
}

/** Of a folder's entries those that stand for a version, newest first: `16`, `pgsql-16`, `postgresql@16`, `postgresql16`. */
export function versionFolders(names: readonly string[]): readonly string[] {
  const numbered = names.flatMap((name) => {
    const number = /^(?:pgsql-|postgresql@?)?(\d{1,2})$/.exec(name)?.[1]
    return number === undefined ? [] : [{ name, number: Number(number) }]
  })
  return numbered.sort((a, b) => b.number - a.number).map((it) => it.name)
}

async function toldByPgConfig(): Promise<string | undefined> {
  try {
    return (await promisify(execFile)('pg_config', ['--bindir'], { encoding: 'utf8' })).stdout.trim()
  } catch {
    // Not installed.
    return undefined
  }
}
