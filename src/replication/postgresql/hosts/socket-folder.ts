import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A socket's path may have some hundred bytes, and `ssh` makes one beside it that is 17 longer. */
const LONGEST_PARENT = 50
const PREFIX = 'sluice-ssh-'

let isSwept = false

/**
 * A private folder for a socket of ours. A process that was killed could not remove its own: the next one does, for it is
 * named after the process that it is of.
 */
export function makeSocketFolder(): string {
  const parent = tmpdir().length < LONGEST_PARENT ? tmpdir() : '/tmp'
  if (!isSwept) sweep(parent)
  isSwept = true
  return mkdtempSync(join(parent, `${PREFIX}${process.pid}-`))
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch (error) {
      // Somebody else's.
      if (!['EACCES', 'EPERM'].includes((error as { code?: string }).code ?? '')) throw error
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code !== 'ESRCH'
  }
}
