import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Binaries } from './binaries.js'
import { OperationError } from './errors.js'

/** Who the servers run as: PostgreSQL refuses root. `undefined`: whoever we are. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** `nobody` when we are root. @throws {OperationError} there is no such user. */
export function serverOwner(): Owner | undefined {
  if (process.getuid === undefined || process.getuid() !== 0) return undefined
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  try {
    return { uid: idOf('-u'), gid: idOf('-g') }
  } catch (cause) {
    throw new OperationError('choose a user', 'PostgreSQL does not run as root, and there is no user nobody', { cause })
  }
}

/**
 * The same programs at a place that the owner can reach: a home folder is often closed to others, and the project's
 * `node_modules` with it. Copies them once, beside the templates.
 */
export function reachableBy(owner: Owner | undefined, binaries: Binaries, cacheDir: string): Binaries {
  if (owner === undefined || canRun(owner, binaries.binDir)) return binaries
  const root = dirname(binaries.binDir)
  const copy = join(cacheDir, `binaries-${binaries.major}`)
  const binDir = join(copy, basename(binaries.binDir))
  if (!existsSync(binDir)) {
    const building = `${copy}.${process.pid}`
    mkdirSync(cacheDir, { recursive: true })
    cpSync(root, building, { recursive: true, verbatimSymlinks: true })
    try {
      renameSync(building, copy)
    } catch {
      // Another process was faster: its copy is as good.
      rmSync(building, { recursive: true, force: true })
    }
  }
  if (canRun(owner, binDir)) return { ...binaries, binDir }
  throw new OperationError('start as another user', `neither ${binaries.binDir} nor ${binDir} can be run by nobody`)
}

function canRun(owner: Owner, binDir: string): boolean {
  return spawnSync(join(binDir, 'postgres'), ['--version'], { ...owner, cwd: '/', stdio: 'ignore' }).status === 0
}
