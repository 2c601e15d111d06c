import type { StepWork } from '../operations/work.js'
import type { Output, Script } from '../script.js'

/** Longer than `pg_ctl` waits. */
const TIMEOUT_MS = 90_000

export interface Running {
  readonly timeoutMs?: number
  readonly onLine?: (line: string, from: 'stdout' | 'stderr') => void
}

/** Runs a script on the step's own host. @throws {Error} with what it said, when it does not end well. */
export async function runScript(work: StepWork, script: Script, options: Running = {}): Promise<void> {
  await output(work, script, options)
}

export async function output(work: StepWork, script: Script, options: Running = {}): Promise<Output> {
  const { signal, node } = work
  const limits = { timeoutMs: TIMEOUT_MS, ...options, ...(signal === undefined ? {} : { signal }) }
  const said = await node.host.run(script, limits)
  if (said.code === 0) return said
  throw new Error(`exit code ${said.code}: ${(said.stderr.trim() || said.stdout.trim()).slice(-2000)}`)
}
