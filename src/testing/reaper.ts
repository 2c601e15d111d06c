import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Cleans up after this process however it ends: a small process of its own that waits at a pipe. When the pipe closes
 * it ends every server under the folder, and removes the folder.
 */
export class Reaper {
  readonly #child: ChildProcess

  /** @param folder everything of one cluster; data directories lie directly under it. */
  constructor(folder: string) {
    // Loaders that run TypeScript wrap inner functions in a helper of this name.
    const script = `const __name = (fn) => fn; (${reap.toString()})(process.argv[1])`
    this.#child = spawn(process.execPath, ['-e', script, folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
      env: {},
    })
    this.#child.unref()
    const pipe = this.#child.stdin as unknown as { unref?(): void; on(name: 'error', listener: () => void): void }
    pipe.unref?.()
    // Written to once, at the end; that it may already be gone then is no news.
    pipe.on('error', () => undefined)
  }

  /** All is clean already. Resolves when the process has gone. */
  dismiss(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null) return resolve()
      this.#child.once('exit', () => resolve())
      this.#child.ref()
      this.#child.stdin?.end()
    })
  }
}

/** Runs in the other process, from its source text: it can use nothing from around it. */
function reap(folder: string): void {
  const fs = process.getBuiltinModule('node:fs')
  const path = process.getBuiltinModule('node:path')
  const isAlive = (pid: number) => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }
  const signal = (pid: number, name: NodeJS.Signals) => {
    try {
      process.kill(pid, name)
    } catch {
      // Gone meanwhile.
    }
  }
  const serverPids = () =>
    (fs.existsSync(folder) ? fs.readdirSync(folder) : []).flatMap((name) => {
      try {
        const [pid, dataDir] = fs.readFileSync(path.join(folder, name, 'postmaster.pid'), 'utf8').split('\n')
        return dataDir === path.join(folder, name) ? [Number(pid)] : []
      } catch {
        return []
      }
    })
  const family = (pid: number) =>
    (fs.existsSync('/proc') ? fs.readdirSync('/proc') : [])
      .filter((name) => {
        try {
          return fs.readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid)
        } catch {
          return false
        }
      })
      .map(Number)
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  process.stdin.resume()
  process.stdin.on('close', () => {
    const pids = serverPids()
    const all = pids.flatMap((pid) => [pid, ...family(pid)])
    for (const pid of all) signal(pid, 'SIGCONT')
    for (const pid of pids) signal(pid, 'SIGQUIT')
    const deadline = Date.now() + 3000
    const wait = () => {
      if (all.some(isAlive) && Date.now() < deadline) return void setTimeout(wait, 20)
      for (const pid of all) signal(pid, 'SIGKILL')
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
      process.exit(0)
    }
    wait()
  })
}
