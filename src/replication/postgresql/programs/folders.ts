import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { OperationError } from '../errors.js'
import type { Owner } from './owner.js'
import type { Reaper } from './reaper.js'

/** Only its owner may list it; others may pass through it to what they own inside. */
const PASSABLE = 0o711

/** A new folder for one cluster, in `dir` or the system's temporary folder, that the servers can work in. */
export function makeFolder(owner: Owner | undefined, dir: string | undefined, reaper: Reaper): string {
  try {
    const parent = realpathSync(dir ?? temporaryFolder(owner))
    if (!isOpenTo(owner, parent)) throw new Error(`${owner?.name}, who runs the servers, cannot enter ${parent}`)
    return makeNew(owner, join(parent, 'sluice-'), reaper)
  } catch (cause) {
    const remedy = 'name a folder in dir that is there and can be written'
    throw new OperationError('make a folder', `${(cause as Error).message}; ${remedy}`, { cause })
  }
}

/**
 * Where prepared copies are kept between runs: `SLUICE_CACHE`, else a folder of this user's own beside other temporary
 * files.
 *
 * @throws {OperationError} somebody else could have written there what would run here.
 */
export function cacheFolder(owner: Owner | undefined): string {
  const named = process.env['SLUICE_CACHE']
  if (named !== undefined && named !== '') {
    mkdirSync(named, { recursive: true, mode: PASSABLE })
    return realpathSync(named)
  }
  const folder = join(realpathSync(temporaryFolder(owner)), `sluice-cache-${process.getuid?.()}`)
  mkdirSync(folder, { recursive: true, mode: PASSABLE })
  const found = lstatSync(folder)
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return folder
  throw new OperationError('use the cache', `${folder} is not ours alone; remove it, or name another in SLUICE_CACHE`)
}

/** A new folder inside the cache, for what is not finished. */
export function makeUnfinished(owner: Owner | undefined, cache: string, reaper: Reaper): string {
  return makeNew(owner, join(cache, 'unfinished-'), reaper)
}

/** Somebody looks after it before it is there: this process may be killed at any moment. */
function makeNew(owner: Owner | undefined, prefix: string, reaper: Reaper): string {
  const folder = `${prefix}${randomBytes(12).toString('hex')}`
  reaper.adopt(folder)
  mkdirSync(folder, { mode: PASSABLE })
  chmodSync(folder, PASSABLE)
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  return folder
}

/** Can the owner of the servers come from the root to this folder? */
export function isOpenTo(owner: Owner | undefined, folder: string): boolean {
  if (owner === undefined) return true
  const { uid, gid, mode } = statSync(folder)
  const bit = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001
  return (mode & bit) !== 0 && (folder === dirname(folder) || isOpenTo(owner, dirname(folder)))
}

/** Root's own temporary folder may be closed to everybody else. */
function temporaryFolder(owner: Owner | undefined): string {
  const folders = [tmpdir(), '/tmp', '/var/tmp'].filter((folder) => existsSync(folder))
  return folders.find((folder) => isOpenTo(owner, realpathSync(folder))) ?? tmpdir()
}
