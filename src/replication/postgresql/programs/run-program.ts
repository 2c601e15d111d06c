import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { OperationError } from '../errors.js'
import { lastLines } from './log-file.js'
import type { Owner } from './owner.js'
import type { Reaper } from './reaper.js'

const MESSAGE_LINES = 12

export interface Run {
  readonly program: string
  readonly args: readonly string[]
  /** `undefined`: as we are. */
  readonly owner?: Owner | undefined
  /** Ends the program if this process goes before it does. */
  readonly reaper: Reaper
  /** What the program reads. */
  readonly input?: string
}

/** What servers and their tools see of our environment: where libraries are, and nothing that would steer them. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH } = process.env
  return { PATH, LD_LIBRARY_PATH, DYLD_LIBRARY_PATH, LC_ALL: 'C', TZ: 'UTC' }
}

/** Runs a program to its end. @throws {OperationError} with the end of what it said, unless it ended well. */
export function runProgram({ program, args, owner, reaper, input }: Run): Promise<void> {
  return new Promise((resolve, reject) => {
    // In a group of its own, as the servers are: what a terminal interrupts is this process, which then cleans up.
    const child = spawn(program, args, { ...owner, cwd: '/', env: serverEnvironment(), detached: true })
    if (child.pid !== undefined) reaper.watch(child.pid)
    const said: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk))
    const fail = (why: string, cause?: unknown) =>
      reject(new OperationError(`run ${basename(program)}`, why, cause === undefined ? undefined : { cause }))
    child.on('error', (cause) => fail(cause.message, cause))
    child.on('close', (code, signal) => {
      if (code === 0) return resolve()
      fail(`ended with ${signal ?? code}: ${lastLines(Buffer.concat(said).toString(), MESSAGE_LINES)}`)
    })
    // A program that ends before it has read everything says why itself.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
