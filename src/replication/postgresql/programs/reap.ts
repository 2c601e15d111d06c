/**
 * What the reaper's process does. It runs from its source text, without any file of ours: whatever it uses is inside.
 *
 * A process is ended only if it was named, or wrote its number into a data directory of ours, and if its command line
 * names one of our folders: a number alone may belong to somebody else by now.
 */
export function reap(): void {
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  const fs = process.getBuiltinModule('node:fs')
  const path = process.getBuiltinModule('node:path')
  const SWEEP_MS = 3000
  /** A program that was started in the very moment of the end, and of which nobody could tell us, may write until it fails. */
  const REMOVE_MS = 10_000
  const POLL_MS = 10
  const AGAIN_MS = 100
  const folders: string[] = []
  const watched: number[] = []
  let beganMs = 0

  const otherwise = <T>(value: T, attempt: () => T): T => {
    try {
      return attempt()
    } catch {
      // Gone meanwhile, or not on this system: there is nothing to be done about it, and nobody to be told.
      return value
    }
  }
  const isLinux = process.platform === 'linux'
  const output = (program: string, args: readonly string[]) =>
    otherwise('', () => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  const send = (pid: number, signal: NodeJS.Signals) => otherwise(false, () => process.kill(pid, signal))
  const commandOf = (pid: number) =>
    isLinux
      ? otherwise('', () => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1'))
      : output('ps', ['-ww', '-o', 'command=', '-p', String(pid)])
  const isAlive = (pid: number) =>
    otherwise(false, () => process.kill(pid, 0)) &&
    !(isLinux && otherwise('', () => fs.readFileSync(`/proc/${pid}/stat`, 'utf8')).includes(') Z '))
  const isOurs = (pid: number) => folders.some((folder) => commandOf(pid).includes(folder))
  const childrenOf = (pid: number) =>
    isLinux
      ? otherwise('', () => fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))
          .split(' ')
          .filter(Boolean)
          .map(Number)
      : output('pgrep', ['-P', String(pid)])
          .split('\n')
          .filter(Boolean)
          .map(Number)
  const dataDirs = () =>
    folders.flatMap((folder) =>
      otherwise<string[]>([], () => fs.readdirSync(folder)).map((name) => path.join(folder, name)),
    )
  const pidFileOf = (dataDir: string) =>
    otherwise('', () => fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')
  const servers = () => dataDirs().flatMap((dataDir) => Number(pidFileOf(dataDir)[0]) || [])

  const sweep = () => {
    const roots = [...new Set([...watched, ...servers()])].filter((pid) => isAlive(pid) && isOurs(pid))
    const all = roots.flatMap((pid) => [pid, ...childrenOf(pid)])
    for (const pid of all) send(pid, 'SIGCONT')
    for (const pid of roots) send(pid, 'SIGQUIT')
    const deadline = Date.now() + SWEEP_MS
    const wait = () => {
      if (all.some(isAlive) && Date.now() < deadline) return void setTimeout(wait, POLL_MS)
      for (const pid of all) if (isAlive(pid)) send(pid, 'SIGKILL')
      remove()
    }
    wait()
  }
  const remove = () => {
    // A server that was killed leaves a piece of shared memory, named in the seventh line.
    for (const dataDir of dataDirs()) {
      const memory = pidFileOf(dataDir)[6]?.trim().split(/\s+/)[1]
      if (memory !== undefined) output('ipcrm', ['-m', memory])
    }
    for (const folder of folders)
      otherwise(undefined, () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
    const isGone = !folders.some((folder) => fs.existsSync(folder))
    if (isGone || Date.now() - beganMs > REMOVE_MS) process.exit(isGone ? 0 : 1)
    setTimeout(sweep, AGAIN_MS)
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  let rest = ''
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [kind, value] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
      if (kind === 'folder') folders.push(value)
      else watched.push(Number(value))
    }
  })
  process.stdin.on('close', () => {
    beganMs = Date.now()
    sweep()
  })
}
