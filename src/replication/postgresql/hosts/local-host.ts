import { HostError, HostLockedError } from '../errors.js'
import type { Host, HostLock } from '../host.js'
import type { Owner } from '../programs/owner.js'
import { serverEnvironment } from '../programs/run-program.js'
import { type Output, quoteShell, type RunOptions, type Script } from '../script.js'
import { LocalRun } from './local-run.js'

const DEFAULT_TIMEOUT_MS = 60_000
const HELD = 'held'

/** The machine we run on. */
export class LocalHost implements Host {
  readonly name = 'this machine'
  readonly #server: Owner | undefined

  /** @param server who scripts for `server` run as; `undefined`: as we do. */
  constructor(server?: Owner) {
    this.#server = server
  }

  async run(script: Script, options: RunOptions = {}): Promise<Output> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options
    if (signal?.aborted) throw this.#error('aborted', 'given up before it began')
    const end = await this.#start(script, { ...options, timeoutMs }).ended
    switch (end.how) {
      case 'ran':
        return end.output
      case 'no-bash':
        throw this.#error('not-reached', `bash cannot be started: ${end.error.message}`, end.error)
      case 'aborted':
        throw this.#error('aborted', 'given up; the script was ended')
      case 'timed-out':
        throw this.#error('timed-out', `not done within ${timeoutMs} ms; the script was ended`)
      default:
        throw end satisfies never
    }
  }

  /** Held by a process that ends when we do. */
  async lock(path: string, holder: string): Promise<HostLock> {
    const script: Script = { as: 'login', text: lockScript(path, holder) }
    const { run, said } = await new Promise<{ run: LocalRun; said: string }>((resolve) => {
      const onLine = (line: string, from: 'stdout' | 'stderr') => from === 'stdout' && resolve({ run, said: line })
      const run = this.#start(script, { onLine, staysOpen: true })
      void run.ended.then(() => resolve({ run, said: '' }))
    })
    if (said === HELD) return held(run, () => this.#error('lost', 'whoever held the lock was ended'))
    const end = await run.end()
    const output = end.how === 'ran' ? end.output : { code: 1, stdout: '', stderr: '' }
    if (output.code !== 0) throw this.#error('no-right', `no lock could be taken: ${output.stderr.trim()}`)
    throw new HostLockedError(this.name, output.stdout.split('\n').slice(1).join('\n').trim() || 'somebody')
  }

  /** Nothing is kept open, but for locks, which have their own end. */
  async close(): Promise<void> {}

  #start(script: Script, options: RunOptions & { readonly staysOpen?: boolean }): LocalRun {
    const isRoot = process.getuid?.() === 0
    if (script.as === 'root' && !isRoot) throw this.#error('no-right', 'we are not root here')
    const owner = script.as === 'server' ? this.#server : undefined
    const environment = script.as === 'server' ? serverEnvironment() : process.env
    return new LocalRun(script, { ...options, owner, environment })
  }

  #error(failure: HostError['failure'], what: string, cause?: Error): HostError {
    return new HostError(this.name, failure, what, cause === undefined ? {} : { cause })
  }
}

function held(run: LocalRun, whyLost: () => HostError): HostLock {
  const [lost, released] = [new AbortController(), new AbortController()]
  void run.ended.then(() => {
    if (!released.signal.aborted) lost.abort(whyLost())
  })
  const release = async () => {
    released.abort()
    await run.end()
  }
  return { lost: lost.signal, release }
}

/** macOS has no `flock`, but Perl. The lock is given up by whatever ends the process. */
function lockScript(path: string, holder: string): string {
  const file = quoteShell(path)
  return `mkdir -p "$(dirname ${file})"
exec 9>>${file}
if command -v flock >/dev/null; then taken() { flock -n 9; }
else taken() { perl -e 'open(my $file, "+<&=", 9) or die; exit !flock($file, 6)'; }; fi
if taken; then
  printf '%s\\n' ${quoteShell(holder)} >${file}
  echo ${HELD}
  exec cat >/dev/null
fi
echo locked
cat ${file}`
}
