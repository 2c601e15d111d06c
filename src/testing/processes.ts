import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** A process, told apart from a later one of the same number where the system can (`/proc`). */
export interface Process {
  readonly pid: number
  readonly startedAt: string | undefined
}

const HAS_PROC = process.platform === 'linux'

export function processOf(pid: number): Process {
  return { pid, startedAt: statOf(pid)?.startedAt }
}

/** A process that has ended but that nobody has asked after yet does not live. */
export function isAlive(it: Process): boolean {
  try {
    process.kill(it.pid, 0)
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
  if (!HAS_PROC) return true
  const now = statOf(it.pid)
  return now !== undefined && now.startedAt === it.startedAt && now.state !== 'Z'
}

export function send(it: Process, signal: NodeJS.Signals): void {
  if (!isAlive(it)) return
  try {
    process.kill(it.pid, signal)
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}

/** A signal to stop takes effect when the process is scheduled next. Where there is no `/proc` nobody can tell. */
export function hasStopped(it: Process): boolean {
  const now = statOf(it.pid)
  return now === undefined || now.startedAt !== it.startedAt || STOPPED.has(now.state)
}

/** Stopped, by a signal or a debugger; or ended. */
const STOPPED: ReadonlySet<string> = new Set(['T', 't', 'Z', 'X'])

export function childrenOf(parent: number): readonly Process[] {
  return (HAS_PROC ? inProc(parent) : inProcessStatus(parent)).map(processOf)
}

function inProc(parent: number): readonly number[] {
  try {
    // A PostgreSQL server has one thread, and the kernel keeps the list.
    return readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    // A kernel without that file, or the process has gone: then nobody has it as a parent either.
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && statOf(pid)?.parent === parent)
  }
}

function inProcessStatus(parent: number): readonly number[] {
  const rows = execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  return rows.map((row) => row.trim().split(/\s+/).map(Number)).flatMap(([pid, of]) => (of === parent ? [pid!] : []))
}

interface Stat {
  readonly state: string
  readonly parent: number
  readonly startedAt: string
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html Fields are counted from behind the program's name. */
function statOf(pid: number): Stat | undefined {
  if (!HAS_PROC) return undefined
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0]!, parent: Number(fields[1]), startedAt: fields[19]! }
  } catch {
    // Gone meanwhile.
    return undefined
  }
}
