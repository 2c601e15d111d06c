import type { How, ObjectName } from './operation.js'
import type { Random } from './random.js'

/** What a session does next. */
export type Step =
  | { readonly kind: 'read'; readonly object: ObjectName; readonly how: Alone }
  /** A write, and at once a read of the same: what a timer gets wrong. */
  | { readonly kind: 'write-and-read'; readonly object: ObjectName; readonly how: Alone }
  /** `begin read only`, a read of each, `commit`. */
  | { readonly kind: 'read-transaction'; readonly objects: readonly ObjectName[] }
  /** `begin`, a read and a write of each, `commit`, and then a read of each. */
  | { readonly kind: 'write-transaction'; readonly objects: readonly ObjectName[] }
  | { readonly kind: 'pause'; readonly ms: number }
  /** All at once, as with `Promise.all`. */
  | { readonly kind: 'branches'; readonly steps: readonly Step[] }

/** A statement by itself. */
export type Alone = Exclude<How, 'transaction'>

const WRITES_ON_CLIENT = ['client', 'prepared'] as const satisfies Alone[]
/** `PREPARE` runs on the primary: reads there would leave little to replicas. */
const READS_ON_CLIENT = ['client', 'cursor'] as const satisfies Alone[]

export interface Mix {
  /** Of all operations, the share that writes. */
  readonly writes: number
  /** Of all steps, the share that runs in a transaction. */
  readonly transactions: number
  /** Of the statements by themselves, the share that runs on a client from `connect()`: reads as they are or by a cursor, writes as they are or by `EXECUTE`. */
  readonly clients: number
  /** Of all steps, the share that is several at once. */
  readonly branches: number
  /** Of all sessions, the share that takes its time between steps: the others are over before any timer is. */
  readonly slowSessions: number
  readonly registers: number
}

export const USUAL_MIX: Mix = {
  writes: 0.1,
  transactions: 0.15,
  clients: 0.25,
  branches: 0.05,
  slowSessions: 0.02,
  registers: 8,
}

/** So many sessions append to one list: enough to see each other's elements, few enough for it to stay short. */
const SESSIONS_PER_LIST = 6
const LONGEST_PAUSE_MS = 150
const STEPS = { least: 15, most: 50 } as const

/** What the session of this number does in its whole life. The same random numbers give the same plan. */
export function planSession(session: number, mix: Mix, random: Random): readonly Step[] {
  const registers = [1, 2].map((): ObjectName => `register ${random.whole(1, mix.registers)}`)
  const objects: readonly ObjectName[] = [...registers, `list ${Math.ceil(session / SESSIONS_PER_LIST)}`]
  const draw = { objects, mix, random }
  const isSlow = random.chance(mix.slowSessions)
  return Array.from({ length: random.whole(STEPS.least, STEPS.most) }).flatMap((): Step[] => {
    const next = random.chance(mix.branches) ? branches(draw) : step(draw)
    return isSlow ? [{ kind: 'pause', ms: random.whole(0, LONGEST_PAUSE_MS) }, next] : [next]
  })
}

interface Draw {
  readonly objects: readonly ObjectName[]
  readonly mix: Mix
  readonly random: Random
}

function branches(draw: Draw): Step {
  const steps = Array.from({ length: draw.random.whole(2, 4) }, () => step(draw))
  return { kind: 'branches', steps }
}

function step(draw: Draw): Step {
  const { mix, objects, random } = draw
  // Every write brings a read with it: of all operations, so many fewer are writes than of all steps.
  const isWrite = random.chance(mix.writes / (1 - mix.writes))
  if (random.chance(mix.transactions)) {
    return isWrite
      ? { kind: 'write-transaction', objects: [random.pick(objects)] }
      : { kind: 'read-transaction', objects: [random.pick(objects), random.pick(objects)] }
  }
  const how = random.chance(mix.clients) ? random.pick(isWrite ? WRITES_ON_CLIENT : READS_ON_CLIENT) : 'query'
  return { kind: isWrite ? 'write-and-read' : 'read', object: random.pick(objects), how }
}
