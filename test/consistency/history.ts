import type {
  Append,
  How,
  ListRead,
  ObjectName,
  Operation,
  RegisterRead,
  RegisterWrite,
  Versioned,
  WriteOutcome,
} from './operation.js'

/** Who does it, to what, how. */
export interface Doing {
  readonly session: number
  readonly object: ObjectName
  readonly how: How
  /** Of a read in a transaction: when that began. Default: now. */
  readonly sinceMs?: number
}

/** What became of a write. */
export interface WriteEnd {
  readonly outcome: WriteOutcome
  readonly version?: number | undefined
  readonly node?: string | undefined
}

/** What became of a read; without `seen` it failed. */
export interface ReadEnd<Seen> {
  readonly seen?: Seen
  readonly node?: string
  readonly onReplica?: boolean
}

/** How an operation that was begun is ended. */
export type End<Outcome> = (outcome: Outcome) => void

type Open<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * Records operations as they begin and end. One that never ends stays in the history as it began: of unknown outcome,
 * and without an end.
 */
export class Recorder {
  readonly #operations: Operation[] = []
  readonly #clock: () => number
  #lastMs = 0
  #open = 0

  /** @param clock monotonic, in milliseconds. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
  }

  get operations(): readonly Operation[] {
    return this.#operations
  }

  /** Operations that have begun and not ended. */
  get open(): number {
    return this.#open
  }

  /** A time later than every earlier one, so that what ended before something began is known to have done so. */
  now(): number {
    this.#lastMs = Math.max(this.#clock(), this.#lastMs + 1e-6)
    return this.#lastMs
  }

  /** The value to be written is the operation's own number: nobody else writes it. */
  writeRegister(doing: Doing): { readonly value: number; readonly end: End<WriteEnd> } {
    const kind = 'write-register' as const
    const write: Open<RegisterWrite> = { ...this.#begun(doing), kind, value: 0, outcome: 'unknown', version: undefined }
    write.value = write.id
    const end = this.#add(write)
    return {
      value: write.value,
      end: ({ outcome, version, node }) => end(() => Object.assign(write, { outcome, version, node })),
    }
  }

  append(doing: Doing): { readonly value: number; readonly end: End<WriteEnd> } {
    const write: Open<Append> = { ...this.#begun(doing), kind: 'append', value: 0, outcome: 'unknown' }
    write.value = write.id
    const end = this.#add(write)
    return { value: write.value, end: ({ outcome, node }) => end(() => Object.assign(write, { outcome, node })) }
  }

  readRegister(doing: Doing): End<ReadEnd<Versioned>> {
    const read: Open<RegisterRead> = {
      ...this.#begun(doing),
      kind: 'read-register',
      seen: undefined,
      onReplica: undefined,
    }
    const end = this.#add(read)
    return (saw) => end(() => Object.assign(read, saw))
  }

  readList(doing: Doing): End<ReadEnd<readonly number[]>> {
    const read: Open<ListRead> = { ...this.#begun(doing), kind: 'read-list', seen: undefined, onReplica: undefined }
    const end = this.#add(read)
    return (saw) => end(() => Object.assign(read, saw))
  }

  #begun({ session, object, how, sinceMs }: Doing) {
    const beginMs = sinceMs ?? this.now()
    return { id: this.#operations.length + 1, session, object, how, beginMs, endMs: Infinity, node: undefined }
  }

  /** @returns what ends the operation, once: a late answer to an operation that was given up changes nothing. */
  #add(operation: Open<Operation>): (fill: () => void) => void {
    this.#operations.push(operation)
    this.#open++
    return (fill) => {
      if (operation.endMs !== Infinity) return
      fill()
      operation.endMs = this.now()
      this.#open--
    }
  }
}
