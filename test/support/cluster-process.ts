import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { StartClusterOptions } from '../../src/testing.js'

/** What a process that started a cluster says about it. */
export interface Started {
  readonly urls: readonly string[]
  readonly adminUrls: readonly string[]
  readonly pids: readonly number[]
  readonly folder: string
}

/** Another process that starts a cluster and keeps it until it is told to end, or is ended. */
export interface ClusterProcess {
  readonly child: ChildProcess
  readonly started: Promise<Started>
  /** Has it stop its cluster; resolves when it has ended. */
  readonly end: () => Promise<void>
}

export interface ClusterProcessOptions extends StartClusterOptions {
  /** Nodes to freeze once all is started. */
  readonly frozen?: readonly string[]
  /** The process comes to its end without stopping the cluster. */
  readonly abandoned?: boolean
  /** Who to become before the cluster is started. */
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly env?: Readonly<Record<string, string>>
}

interface Ends {
  after(fn: () => Promise<void>): void
}

export function clusterProcess(t: Ends, options: ClusterProcessOptions): ClusterProcess {
  const { env, ...rest } = options
  const program = join(import.meta.dirname, 'cluster-main.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(rest)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const ended = once(child, 'exit')
  const end = async () => {
    child.stdin.end()
    await ended
  }
  t.after(end)
  return { child, started: startedBy(child), end }
}

function startedBy(child: ChildProcess): Promise<Started> {
  let errors = ''
  child.stderr?.on('data', (chunk) => (errors += chunk))
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', (line) => resolve(JSON.parse(line)))
    child.once('exit', (code, signal) => reject(new Error(`ended with ${signal ?? code}: ${errors}`)))
  })
}
