import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolder } from '../../support/programs.js'

const ROOT = join(import.meta.dirname, '../../..')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** An example that runs, as its npm script starts it. */
export interface Example {
  /** All that it makes is in it. */
  readonly folder: string
  /** The first line that it prints. Rejects when it ends before. */
  readonly firstLine: Promise<string>
  readonly ended: Promise<Ended>
  /** Has it stop as a service manager does; resolves when it has. */
  stop(): Promise<Ended>
}

export function startExample(name: string, args: readonly string[]): Example {
  const folder = openFolder('example-')
  const program = join(ROOT, 'examples', name, 'main.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      TMPDIR: folder,
      SLUICE_CACHE: process.env['SLUICE_CACHE'] ?? join(tmpdir(), 'sluice-cache'),
    },
  })
  const ended = endOf(child)
  const stop = async () => {
    child.kill('SIGTERM')
    return ended
  }
  return { folder, firstLine: firstLineOf(child, ended), ended, stop }
}

/** Of an example that has ended. */
export function removeFolder({ folder }: Example): void {
  rmSync(folder, { recursive: true, force: true })
}

function endOf(child: ChildProcess): Promise<Ended> {
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, out, err }))
  })
}

function firstLineOf(child: ChildProcess, ended: Promise<Ended>): Promise<string> {
  let text = ''
  const line = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (piece: string) => {
      text += piece
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    ended.then(({ code, err }) => reject(new Error(`ended with ${code}: ${err}`)), reject)
  })
  // Who waits for the end alone is told there.
  line.catch(() => undefined)
  return line
}
