import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { completeLinks } from './embedded.js'
import { isOpenTo, makeUnfinished } from './folders.js'
import type { Owner } from './owner.js'
import type { Reaper } from './reaper.js'

/** What a PostgreSQL needs to run. Beside it there may be anything: `/usr/local` has such folders too. */
const PARTS = ['bin', 'lib', 'share', 'pg-symlinks.json'] as const

/**
 * These programs at a place where the owner can run them: there, where that is possible. A home folder is often closed
 * to others, and a project's `node_modules` with it: then a copy of them, made once, in the cache.
 */
export function reachable(binDir: string, owner: Owner | undefined, cache: string, reaper: Reaper): string {
  const here = realpathSync(binDir)
  const root = dirname(here)
  const isComplete = completeLinks(root)
  if (isComplete && isOpenTo(owner, here)) return here
  const { size, mtimeMs } = statSync(join(here, 'postgres'))
  const key = createHash('sha256').update(`${here} ${size} ${mtimeMs}`).digest('hex').slice(0, 16)
  const copy = join(cache, `programs-${key}`)
  if (!existsSync(copy)) copyParts(root, copy, makeUnfinished(undefined, cache, reaper))
  return join(copy, basename(root), basename(here))
}

/** Renamed when complete: whoever finds it finds all of it. */
function copyParts(root: string, copy: string, unfinished: string): void {
  const parts = PARTS.filter((name) => existsSync(join(root, name)))
  const target = join(unfinished, basename(root))
  try {
    for (const name of parts) cpSync(join(root, name), join(target, name), { recursive: true, verbatimSymlinks: true })
    completeLinks(target)
    openToAll(target)
    renameSync(unfinished, copy)
  } catch (error) {
    // Another process may have been faster: its copy is as good.
    if (!existsSync(copy)) throw error
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

/** Everybody may read, and run what can be run. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o111) === 0 ? 0o644 : 0o755)
  }
}
