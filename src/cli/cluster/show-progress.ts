import { type Plan, type Step, titleOf } from '../../replication/postgresql/operations/step.js'
import type { Progress } from '../../replication/postgresql/operations/work.js'
import { json, type Streams } from './streams.js'

const CLEAR_LINE = '\r\u001b[K'

/** The plan as people read it: one step to a line. */
export function planText(plan: Plan): string {
  const lines = plan.steps.map((step, index) => `  ${line(plan, step, index)}\n`)
  const notes = plan.notes.map((note) => `  note: ${note}\n`)
  return `${plan.title}\n${lines.join('')}${notes.join('')}`
}

/** Tells of each step as it goes on: on a terminal in one line that changes, elsewhere when it is over. */
export function showProgress(plan: Plan, asJson: boolean, { out, err }: Streams): (progress: Progress) => void {
  if (asJson) return (progress) => out.write(json(progressJson(progress)))
  const isTerminal = err.isTTY === true
  return (progress) => {
    if (progress.what === 'putting-back') {
      err.write('  putting back what was done\n')
      return
    }
    const { step, index } = progress
    const its = `  ${line(plan, step, index)}`
    if (progress.what === 'started' && isTerminal) err.write(`${CLEAR_LINE}${its}`)
    if (progress.what === 'goes-on' && isTerminal) err.write(`${CLEAR_LINE}${its}: ${progress.text}`)
    if (progress.what === 'said') err.write(`${isTerminal ? CLEAR_LINE : ''}        ${progress.text}\n`)
    if (progress.what === 'done') err.write(`${isTerminal ? CLEAR_LINE : ''}${its} (${seconds(progress.ms)})\n`)
    if (progress.what === 'failed') err.write(`${isTerminal ? CLEAR_LINE : ''}${its}: failed\n`)
  }
}

function progressJson(progress: Progress): object {
  if (progress.what === 'putting-back') return { event: progress.what }
  const { step } = progress
  switch (progress.what) {
    case 'started':
      return { event: progress.what, step }
    case 'done':
      return { event: progress.what, step, ms: Math.round(progress.ms) }
    case 'failed':
      return { event: progress.what, step, error: progress.error.message }
    case 'said':
    case 'goes-on':
      return { event: progress.what, step, text: progress.text }
    default:
      return progress satisfies never
  }
}

function line({ steps }: Plan, step: Step, index: number): string {
  const number = `${String(index + 1).padStart(String(steps.length).length)}/${steps.length}`
  return `${number}  ${step.node.padEnd(8)} ${titleOf(step)}`
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
