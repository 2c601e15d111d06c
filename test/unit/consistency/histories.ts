import type {
  Append,
  FinalState,
  History,
  ListRead,
  ObjectName,
  Operation,
  RegisterRead,
  RegisterWrite,
  WriteOutcome,
} from '../../consistency/operation.js'

const REGISTER: ObjectName = 'register 1'
const LIST: ObjectName = 'list 1'

/** From when to when. */
type Span = readonly [beginMs: number, endMs: number]

let nextId = 1

function common(session: number, [beginMs, endMs]: Span, object: ObjectName) {
  return { id: nextId++, session, object, how: 'query' as const, beginMs, endMs, node: undefined }
}

/** Operations of hand-written histories. A value is what the writer wrote, a version what the server said. */
export function wrote(
  session: number,
  span: Span,
  write: { value: number; version?: number | undefined; outcome?: WriteOutcome; object?: ObjectName },
): RegisterWrite {
  const { value, version, outcome = 'ok', object = REGISTER } = write
  return { ...common(session, span, object), kind: 'write-register', value, version, outcome }
}

export function read(session: number, span: Span, version: number, value: number, object = REGISTER): RegisterRead {
  return { ...common(session, span, object), kind: 'read-register', onReplica: undefined, seen: { version, value } }
}

export function failedRead(session: number, span: Span): RegisterRead {
  return { ...common(session, span, REGISTER), kind: 'read-register', onReplica: undefined, seen: undefined }
}

export function appended(session: number, span: Span, value: number, outcome: WriteOutcome = 'ok'): Append {
  return { ...common(session, span, LIST), kind: 'append', value, outcome }
}

export function listed(session: number, span: Span, ...seen: number[]): ListRead {
  return { ...common(session, span, LIST), kind: 'read-list', onReplica: undefined, seen }
}

/** The final state that a correct server would hold after these, unless something else is said. */
export function history(operations: readonly Operation[], said: Partial<FinalState> = {}): History {
  const done = operations.filter((it) => 'outcome' in it && it.outcome !== 'failed')
  const writes = done.filter((it) => it.kind === 'write-register' && it.version !== undefined) as RegisterWrite[]
  const appends = done.filter((it) => it.kind === 'append') as Append[]
  const registers = new Map([[REGISTER, writes.map((it) => ({ version: it.version as number, value: it.value }))]])
  const lists = new Map([[LIST, appends.map((it) => it.value)]])
  return { operations, final: { registers, lists, ...said } }
}
