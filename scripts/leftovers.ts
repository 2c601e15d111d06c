import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Something that a run of tests should have ended or removed. */
export interface Leftover {
  readonly what: string
  readonly pid: number | undefined
}

/** Made by the runner itself and by the loader of TypeScript; they go with the folder. */
const EXPECTED = /^(skipped|totals|tsx-\d+|node-compile-cache)$/

/**
 * What is left of a run whose temporary folder this is: entries of the folder, and processes that were told of it, in
 * their arguments (servers) or in their environment (whatever a test started).
 */
export function leftovers(folder: string): readonly Leftover[] {
  const entries = readdirSync(folder).filter((name) => !EXPECTED.test(name))
  const processes = existsSync('/proc/self') ? fromProc(folder) : fromPs(folder)
  return [...entries.map((name) => ({ what: `${folder}/${name}`, pid: undefined })), ...processes]
}

/** Nothing outlives the run, not even what it is blamed for. */
export function endAll(left: readonly Leftover[]): void {
  for (const { pid } of left) {
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

function fromProc(folder: string): readonly Leftover[] {
  const own = new Set([process.pid, process.ppid])
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && !own.has(pid))
    .filter((pid) => `${read(pid, 'cmdline')}\0${read(pid, 'environ')}`.includes(folder))
    .map((pid) => ({ what: `process ${pid}: ${read(pid, 'cmdline').replaceAll('\0', ' ').trim()}`, pid }))
}

/** Empty for a process that has just gone, and for another user's. */
function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

/** Where there is no /proc: arguments only. */
function fromPs(folder: string): readonly Leftover[] {
  return execFileSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => ({ what: `process ${line.trim()}`, pid: Number.parseInt(line, 10) }))
}
