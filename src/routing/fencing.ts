import type { Fence } from '../model/fence.js'
import type { NodeView } from '../model/view.js'

/** What is known of a cluster's history beyond its present nodes. Of one shard. */
export interface Known {
  /** Whose history it is; `undefined`: no primary was believed yet. */
  readonly system: string | undefined
  /** The newest timeline that was seen. */
  readonly timeline: number
}

export const NOTHING_KNOWN: Known = { system: undefined, timeline: 0 }

/** What `fencedAmong` finds. */
export interface Fenced {
  readonly fences: ReadonlyMap<string, Fence>
  readonly known: Known
}

/**
 * Which of these nodes, all of one shard, must get no statement although they may answer.
 *
 * An old primary that comes back takes writes like any other, and loses them when it is rejoined: it is told by its timeline,
 * also when the new primary cannot be reached just now. Where the configuration has several primaries, whoever wrote it chose
 * so, and those are believed.
 *
 * A node that says nothing of its history (a role that may not ask, another kind of server) is judged by what this process saw:
 * of several primaries the one that was promoted last, else those that the configuration names, else none.
 */
export function fencedAmong(nodes: readonly NodeView[], before: Known): Fenced {
  const fences = new Map<string, Fence>()
  const isChosen = nodes.filter((it) => it.configured === 'primary').length > 1
  const vouched = nodes.find((it) => it.isVouchedFor && it.role === 'primary')
  const system = isChosen ? undefined : systemOf(nodes, before, vouched)
  if (system !== undefined) {
    for (const { name, history } of nodes) {
      if (history !== undefined && history.system !== system) fences.set(name, 'other-system')
    }
  }
  const its = nodes.filter((it) => !fences.has(it.name))
  const timeline = timelineOf(its, before.system === system ? before.timeline : 0, vouched)
  for (const [name, fence] of fencedPrimaries(its, timeline, vouched, isChosen)) fences.set(name, fence)
  return { fences, known: { system, timeline } }
}

/** That of the node which the engine names; the one known before, as long as a node has it; that of the only primary. */
function systemOf(nodes: readonly NodeView[], before: Known, vouched: NodeView | undefined): string | undefined {
  if (vouched?.history !== undefined) return vouched.history.system
  const systems = nodes.flatMap((it) => (it.history === undefined ? [] : [it.history.system]))
  if (before.system !== undefined && (systems.length === 0 || systems.includes(before.system))) return before.system
  const primaries = nodes.filter((it) => it.role === 'primary' && it.history !== undefined)
  const configured = primaries.filter((it) => it.configured === 'primary')
  const [first, ...others] = configured.length > 0 ? configured : primaries
  return others.some((it) => it.history?.system !== first?.history?.system) ? undefined : first?.history?.system
}

/** The engine's word may lead back: whoever rebuilt a cluster from an older copy told it so. */
function timelineOf(nodes: readonly NodeView[], before: number, vouched: NodeView | undefined): number {
  if (vouched?.history !== undefined) return vouched.history.timeline
  return nodes.reduce((newest, it) => Math.max(newest, it.history?.timeline ?? 0), before)
}

function fencedPrimaries(
  nodes: readonly NodeView[],
  timeline: number,
  vouched: NodeView | undefined,
  isChosen: boolean,
): ReadonlyMap<string, Fence> {
  const fences = new Map<string, Fence>()
  const primaries = nodes.filter(hasSaidPrimary)
  if (vouched !== undefined) {
    for (const it of primaries) if (it !== vouched) fences.set(it.name, 'engine-names-another')
    return fences
  }
  if (isChosen && primaries.every((it) => it.configured === 'primary')) return fences
  for (const it of primaries) {
    if (it.history !== undefined && it.history.timeline < timeline) fences.set(it.name, 'older-timeline')
  }
  const rest = primaries.filter((it) => !fences.has(it.name))
  const promoted = lastPromotedAmong(rest)
  const believed = promoted === undefined ? believedAmong(rest) : [promoted]
  const fence = promoted === undefined ? 'same-timeline' : 'older-timeline'
  for (const it of rest) if (!believed.includes(it)) fences.set(it.name, fence)
  return fences
}

/** What the configuration alone calls the primary is no rival of one that says so. */
function hasSaidPrimary({ role, history, health }: NodeView): boolean {
  return role === 'primary' && (history !== undefined || health.state === 'up')
}

/** A promotion that this process saw, of a node that has not said yet which timeline it began. */
function lastPromotedAmong(primaries: readonly NodeView[]): NodeView | undefined {
  if (primaries.length < 2 || primaries.every((it) => it.history !== undefined)) return undefined
  const latest = primaries.reduce((best, it) => (it.promotedIn > best.promotedIn ? it : best))
  return latest.promotedIn > 0 ? latest : undefined
}

function believedAmong(primaries: readonly NodeView[]): readonly NodeView[] {
  if (primaries.length < 2 || isOneServer(primaries)) return primaries
  return primaries.filter((it) => it.configured === 'primary')
}

/** By several names: each says the same start, to the microsecond. */
function isOneServer(primaries: readonly NodeView[]): boolean {
  const [first, ...others] = primaries.map((it) => it.history?.startedAt)
  return first !== undefined && others.every((it) => it === first)
}

/** For people: why this node gets no statement. */
export function fenceText(fence: Fence): string {
  switch (fence) {
    case 'other-system':
      return 'belongs to another system than this cluster'
    case 'older-timeline':
      return 'is not believed: it says that it is the primary, on an older timeline than this cluster is on'
    case 'same-timeline':
      return 'is not believed: another node says too that it is the primary'
    case 'engine-names-another':
      return 'is not believed: the engine in charge names another primary'
  }
}
