import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Something that a run of tests should have ended or removed. */
export interface Leftover {
  readonly what: string
  /** A process; what is none is there for good. */
  readonly pid?: number
  /** The command that takes it away. */
  readonly away?: readonly [string, ...string[]]
}

/** Made by the runner itself and by the loader of TypeScript; they go with the folder. */
const EXPECTED = /^(skipped|totals|tsx-\d+|node-compile-cache)$/

/**
 * What is left of a run whose temporary folder this is: entries of the folder, mounts in it, links of the network that
 * bear its name, and processes that were told of it, in their arguments (servers), in their environment (whatever a
 * test started), or by standing on a file system that is in it (whatever a test host started).
 */
export function leftovers(folder: string): readonly Leftover[] {
  const entries = readdirSync(folder).filter((name) => !EXPECTED.test(name))
  const processes = existsSync('/proc/self') ? fromProc(folder) : fromPs(folder)
  return [...entries.map((name) => ({ what: `${folder}/${name}` })), ...mounts(folder), ...links(folder), ...processes]
}

/** Nothing outlives the run, not even what it is blamed for. */
export function endAll(left: readonly Leftover[]): void {
  for (const { pid, away } of left) {
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      if (away !== undefined) execFileSync(away[0], away.slice(1), { stdio: 'ignore' })
    } catch (error) {
      // A link goes with the one at its other end, a mount with the one that it stands on.
      if (away === undefined && (error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

function mounts(folder: string): readonly Leftover[] {
  const points = lines('/proc/self/mountinfo').map((line) => line.split(' ')[4] ?? '')
  return points
    .filter((it) => it.startsWith(`${folder}/`))
    .map((it) => ({ what: `mount ${it}`, away: ['umount', '--lazy', it] }))
}

function links(folder: string): readonly Leftover[] {
  const all = existsSync('/sys/class/net') ? readdirSync('/sys/class/net') : []
  return all
    .filter((it) => lines(`/sys/class/net/${it}/ifalias`).some((alias) => alias.startsWith(folder)))
    .map((it) => ({ what: `network link ${it}`, away: ['ip', 'link', 'del', it] }))
}

function fromProc(folder: string): readonly Leftover[] {
  const own = new Set([process.pid, process.ppid])
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && !own.has(pid))
    .filter((pid) => `${read(pid, 'cmdline')}\0${read(pid, 'environ')}`.includes(folder) || standsIn(folder, pid))
    .map((pid) => ({ what: `process ${pid}: ${read(pid, 'cmdline').replaceAll('\0', ' ').trim()}`, pid }))
}

/** Its root is an overlay whose layers are in the folder. */
function standsIn(folder: string, pid: number): boolean {
  const root = lines(`/proc/${pid}/mountinfo`).find((line) => line.split(' ')[4] === '/')
  return root?.includes(`=${folder}/`) ?? false
}

function read(pid: number, name: string): string {
  return lines(`/proc/${pid}/${name}`).join('\n')
}

/** None for a process or a link that has just gone, and for another user's. */
function lines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** Where there is no /proc: arguments only. */
function fromPs(folder: string): readonly Leftover[] {
  return execFileSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => ({ what: `process ${line.trim()}`, pid: Number.parseInt(line, 10) }))
}
