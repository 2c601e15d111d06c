import type { Episode } from './nemesis.js'
import type { Operation } from './operation.js'
import { isWrite } from './operation.js'
import type { RunResult } from './run.js'
import type { Violation } from './violation.js'

/** A run in numbers, and each violation with what happened around it. */
export interface Report {
  readonly seed: number
  readonly level: string
  readonly operations: number
  readonly sessions: number
  readonly reads: { readonly answered: number; readonly failed: number }
  readonly writes: { readonly ok: number; readonly failed: number; readonly unknown: number }
  readonly faults: Readonly<Record<string, number>>
  readonly offload: RunResult['offload']
  /** How often each rule was broken. */
  readonly broken: Readonly<Record<string, number>>
  /** The first of them. */
  readonly violations: readonly ShownViolation[]
}

export interface ShownViolation {
  readonly rule: string
  readonly what: string
  /** What that session, and whoever is to blame, did to the object around that time, in order; `>` marks the culprit. */
  readonly around: readonly string[]
  readonly faults: readonly string[]
}

const MOST_SHOWN = 20
const BEFORE = 6
const AFTER = 2

export function reportOf(result: RunResult, run: { readonly seed: number; readonly level: string }): Report {
  const { operations, sessions, violations, episodes, offload } = result
  const writes = operations.filter(isWrite)
  const reads = operations.filter((it) => !isWrite(it))
  const ended = (outcome: string) => writes.filter((it) => it.outcome === outcome).length
  const answered = reads.filter((it) => 'seen' in it && it.seen !== undefined).length
  return {
    ...{ seed: run.seed, level: run.level, operations: operations.length, sessions, offload },
    reads: { answered, failed: reads.length - answered },
    writes: { ok: ended('ok'), failed: ended('failed'), unknown: ended('unknown') },
    faults: countBy(episodes.map((it) => it.fault)),
    broken: countBy(violations.map((it) => it.rule)),
    violations: violations.slice(0, MOST_SHOWN).map((it) => shown(it, operations, episodes)),
  }
}

function shown(violation: Violation, operations: readonly Operation[], episodes: readonly Episode[]): ShownViolation {
  const { rule, what, operation, because } = violation
  const culprit = operation ?? because[0]
  const around = culprit === undefined ? [] : operationsAround(culprit, because, operations)
  const lines = around.map((it) => `${it === operation ? '>' : ' '} ${lineOf(it)}`)
  const faults = culprit === undefined ? [] : episodes.filter((it) => overlaps(it, culprit)).map(faultLine)
  return { rule, what, around: lines, faults }
}

/** Of the same session and object, some before and after, and those that prove it. */
function operationsAround(
  culprit: Operation,
  because: readonly Operation[],
  operations: readonly Operation[],
): readonly Operation[] {
  const same = operations.filter((it) => it.session === culprit.session && it.object === culprit.object)
  const at = same.indexOf(culprit)
  const near = same.slice(Math.max(0, at - BEFORE), at + AFTER + 1)
  return [...new Set([...because, ...near])].sort((a, b) => a.beginMs - b.beginMs)
}

function lineOf(it: Operation): string {
  const end = it.endMs === Infinity ? '…' : it.endMs.toFixed(1)
  const head = `#${it.id} session ${it.session} ${it.beginMs.toFixed(1)}-${end} ms ${it.how}, ${it.node ?? 'no answer'}:`
  return `${head} ${it.kind} ${it.object} ${effectOf(it)}`
}

function effectOf(it: Operation): string {
  switch (it.kind) {
    case 'write-register':
      return `${it.value}, ${it.outcome}${it.version === undefined ? '' : ` as version ${it.version}`}`
    case 'append':
      return `${it.value}, ${it.outcome}`
    case 'read-register':
      return it.seen === undefined ? 'failed' : `shows version ${it.seen.version}, ${it.seen.value}`
    case 'read-list':
      return it.seen === undefined ? 'failed' : `shows [${it.seen.join(', ')}]`
    default:
      return it satisfies never
  }
}

/** What went on shortly before is often the cause. */
const SHORTLY_MS = 3000

function overlaps(episode: Episode, operation: Operation): boolean {
  return episode.beginMs <= operation.endMs && episode.endMs >= operation.beginMs - SHORTLY_MS
}

function faultLine({ fault, node, strength, beginMs, endMs }: Episode): string {
  return `${fault} of ${node}${strength === undefined ? '' : ` (${strength})`}, ${beginMs.toFixed(1)}-${endMs.toFixed(1)} ms`
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** For people. */
export function textOf(report: Report): string {
  const { reads, writes, offload } = report
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none'
  const lines = [
    `level        ${report.level}`,
    `operations   ${report.operations} checked, in ${report.sessions} sessions`,
    `reads        ${reads.answered} answered, ${reads.failed} failed`,
    `writes       ${writes.ok} acknowledged, ${writes.failed} not done, ${writes.unknown} of unknown outcome`,
    `faults       ${counts(report.faults)}`,
    `offload      ${(100 * offload.share).toFixed(1)} % of the reads that were answered, by replicas`,
    `  by answers ${counts(offload.answeredBy)}`,
    `  by pool    ${counts(offload.poolServed)}; routes: ${counts(offload.poolRoutes)}`,
    `  by server  ${counts(offload.serverScans)} scans since its last crash`,
    `violations   ${counts(report.broken)}`,
    `seed         ${report.seed}`,
  ]
  return [...report.violations.flatMap(violationLines), ...lines].join('\n')
}

function violationLines({ rule, what, around, faults }: ShownViolation): readonly string[] {
  return [`${rule}: ${what}`, ...around.map((it) => `  ${it}`), ...faults.map((it) => `    fault: ${it}`), '']
}
