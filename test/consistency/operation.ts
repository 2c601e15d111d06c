/** A register holds one value, with a version that its server counts up; a list only grows. Both begin empty. */
export type ObjectName = `register ${number}` | `list ${number}`

/** What a reader of a register sees: 0 and 0 before the first write. */
export interface Versioned {
  /** Counted by the server under the row's lock: the order of writes is known from there, and from no clock. */
  readonly version: number
  readonly value: number
}

interface Common {
  /** Unique in its history, in the order of beginnings. */
  readonly id: number
  readonly session: number
  readonly object: ObjectName
  readonly how: How
  /**
   * By a clock that never shows the same time twice. Of a read in a transaction: when that began, since its node was
   * chosen then, and no later write is owed to it.
   */
  readonly beginMs: number
  /** When the caller knew; `Infinity`: never. */
  readonly endMs: number
  /** Which server did it, by its own word. */
  readonly node: string | undefined
}

/** Through which part of the public API. */
export type How = 'query' | 'client' | 'cursor' | 'prepared' | 'transaction'

/** `ok`: acknowledged. `failed`: certain not to have happened. `unknown`: it may yet be seen. */
export type WriteOutcome = 'ok' | 'failed' | 'unknown'

export interface RegisterWrite extends Common {
  readonly kind: 'write-register'
  /** Unique among all values of the history. */
  readonly value: number
  readonly outcome: WriteOutcome
  /** What the server said; known for every write that is `ok`. */
  readonly version: number | undefined
}

export interface Append extends Common {
  readonly kind: 'append'
  readonly value: number
  readonly outcome: WriteOutcome
}

interface CommonOfReads extends Common {
  /** Whether the server that answered said that it was a replica. */
  readonly onReplica: boolean | undefined
}

/** `undefined` was seen by a read that failed. */
export interface RegisterRead extends CommonOfReads {
  readonly kind: 'read-register'
  readonly seen: Versioned | undefined
}

export interface ListRead extends CommonOfReads {
  readonly kind: 'read-list'
  readonly seen: readonly number[] | undefined
}

export type Write = RegisterWrite | Append
export type Read = RegisterRead | ListRead
export type Operation = Write | Read

/** What the primary holds when all is over. */
export interface FinalState {
  /** Every version that a register ever had, kept by the server in the transaction of the write. */
  readonly registers: ReadonlyMap<ObjectName, readonly Versioned[]>
  readonly lists: ReadonlyMap<ObjectName, readonly number[]>
}

/** A whole run: everything that sessions did, and what was left of it. */
export interface History {
  readonly operations: readonly Operation[]
  readonly final: FinalState
}

export function isWrite(operation: Operation): operation is Write {
  return operation.kind === 'write-register' || operation.kind === 'append'
}

/** A read that saw something. */
export type GoodRead = Read & { readonly seen: object }

export function isGoodRead(operation: Operation): operation is GoodRead {
  return !isWrite(operation) && operation.seen !== undefined
}

/** The values that a read saw. A register that nobody has written holds none. */
export function valuesSeen(read: GoodRead): readonly number[] {
  if (read.kind === 'read-list') return read.seen as readonly number[]
  const { version, value } = read.seen as Versioned
  return version === 0 ? [] : [value]
}
