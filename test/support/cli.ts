import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
/** What was built, where it is not older than its source: it starts in a third of the time. */
const MAIN = isBuilt() ? [join(ROOT, 'dist/cli/main.js')] : ['--import', 'tsx', join(ROOT, 'src/cli/main.ts')]
/** Its setting up: an interrupt that comes before is the system's own. */
const TIMEOUT_MS = 150_000

export interface Ended {
  /** `null`: killed. */
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** One to a line of its output, where that is JSON. */
  readonly events: () => readonly Event[]
}

/** What `--json` prints. */
export interface Event {
  readonly event?: string
  readonly step?: { readonly kind: string; readonly node: string }
  readonly steps?: readonly { readonly kind: string; readonly node: string }[]
  readonly url?: string
  readonly text?: string
  readonly message?: string
  readonly hint?: string
  readonly health?: string
  readonly problems?: readonly string[]
  readonly nodes?: readonly Readonly<Record<string, unknown>>[]
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** `sluice`, as a process of its own. */
export function startSluice(args: readonly string[], onLine: (line: string) => void = () => undefined): Started {
  const child = spawn(process.execPath, [...MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const late = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(late)
      resolve({
        ...said,
        code,
        events: () =>
          said.out
            .trim()
            .split('\n')
            .map((it) => JSON.parse(it) as Event),
      })
    })
  })
  return { child, ended }
}

export function sluice(...args: readonly string[]): Promise<Ended> {
  return startSluice(args).ended
}

export function done(ended: Ended): Ended {
  assert.equal(ended.code, 0, `${ended.out}${ended.err}`)
  return ended
}

/** The steps that a command did, as `node-1 start`. */
export function stepsOf(ended: Ended): readonly string[] {
  return ended.events().flatMap((it) => (it.event === 'done' ? [`${it.step?.node} ${it.step?.kind}`] : []))
}

function isBuilt(): boolean {
  const built = join(ROOT, 'dist/cli/main.js')
  if (!existsSync(built)) return false
  const source = join(ROOT, 'src')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).map((name) => join(source, name))
  const newest = Math.max(...[join(ROOT, 'package.json'), ...files].map((it) => statSync(it).mtimeMs))
  return statSync(built).mtimeMs > newest
}
