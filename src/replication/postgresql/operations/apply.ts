import { OperationError } from '../errors.js'
import { applyStep } from './apply-step.js'
import { type Plan, type Step, titleOf } from './step.js'
import { nodeOf, type Work } from './work.js'

/** Lines of a server's log that an error ends with. */
const LOG_LINES = 12

/**
 * Carries out a plan, step by step, and stops at the first that fails: whatever was done stays, and the same command goes
 * on from there. A failure before the plan's point of no return is put back.
 *
 * @throws {OperationError} with the step, the reason, and the lines of the server's log that came with it.
 */
export async function apply(plan: Plan, work: Work): Promise<void> {
  for (const [index, step] of plan.steps.entries()) {
    try {
      await applyOne(step, index, work)
    } catch (error) {
      const failure = await explained(step, error, work)
      work.report({ what: 'failed', step, index, error: failure })
      await putBack(plan, index, work)
      throw failure
    }
  }
}

async function applyOne(step: Step, index: number, work: Work): Promise<void> {
  work.signal?.throwIfAborted()
  const startedMs = performance.now()
  work.report({ what: 'started', step, index, ms: 0 })
  const say = (text: string) => work.report({ what: 'said', step, index, text })
  const goOn = (text: string) => work.report({ what: 'goes-on', step, index, text })
  await applyStep(step, { ...work, node: nodeOf(work, step.node), say, goOn })
  work.report({ what: 'done', step, index, ms: performance.now() - startedMs })
}

async function putBack(plan: Plan, failedAt: number, work: Work): Promise<void> {
  const { putBack } = plan
  if (putBack === undefined) return
  const pointOfNoReturn = plan.steps.findIndex((it) => it.kind === putBack.before)
  if (failedAt > pointOfNoReturn) return
  work.report({ what: 'putting-back' })
  // Whatever aborted the plan must not keep this from being done.
  const { signal: _, ...rest } = work
  for (const [index, step] of putBack.steps.entries()) await applyOne(step, index, rest)
}

async function explained(step: Step, error: unknown, work: Work): Promise<OperationError> {
  const stopped = work.signal?.aborted ? (work.signal.reason as Error) : undefined
  const what = stopped?.message ?? (error as Error).message
  const hint = stopped === undefined ? (error as { hint?: string }).hint : 'the same command goes on from here'
  const log = stopped === undefined ? await lastLog(step, work) : ''
  const options = { cause: error, ...(hint === undefined ? {} : { hint }) }
  return new OperationError(`${step.node}: ${titleOf(step)}`, `${what}${log}`, options)
}

/** Only what may have to do with a server: one that was to start, or to stream. */
async function lastLog(step: Step, work: Work): Promise<string> {
  if (!['start', 'stop', 'promote', 'await-streaming', 'await-received'].includes(step.kind)) return ''
  const { host, layout } = nodeOf(work, step.node)
  const text = `tail -n ${LOG_LINES} '${layout.paths.logFile.replaceAll("'", `'\\''`)}'`
  const lines = await host.run({ as: 'server', text }).then(
    (it) => it.stdout.trimEnd(),
    () => '',
  )
  return lines === '' ? '' : `; the log of ${step.node} ends with:\n${lines}`
}
