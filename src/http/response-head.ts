import type { HeaderLine } from './exchange.js'

/** The part of a response of `node:http`, or of its HTTP/2 likeness, that is needed here. */
export interface NodeResponse {
  readonly headersSent: boolean
  writeHead(status: number, ...rest: unknown[]): unknown
  setHeader(name: string, value: string | string[]): unknown
  appendHeader(name: string, value: string | string[]): unknown
  removeHeader(name: string): void
  once(name: 'finish', listener: () => void): unknown
  emit(name: string | symbol, ...values: unknown[]): boolean
}

type HeadersArgument = Readonly<Record<string, string | string[]>> | readonly unknown[] | undefined

/**
 * Adds these headers at the last moment: when the head of the response is written, by whatever way. Every way leads
 * through `writeHead` of the response, which is replaced on this one object.
 */
export function addToHead(response: NodeResponse, headers: () => readonly HeaderLine[]): void {
  const write = response.writeHead
  const writeHead = (...args: [status: number, ...rest: unknown[]]) => {
    const added = response.headersSent ? [] : headers()
    if (added.length === 0) return write.apply(response, args)
    const [status, second, third] = args
    const reason = typeof second === 'string' ? [second] : []
    applyGiven(response, (typeof second === 'string' ? third : (second ?? third)) as HeadersArgument)
    for (const [name, value] of added) response.appendHeader(name, value)
    return write.call(response, status, ...reason)
  }
  Object.assign(response, { writeHead })
}

/**
 * What `writeHead` was given, set one by one. As an argument it would take the place of what we add, or the other way
 * round, depending on its form and on the version of Node.js.
 */
function applyGiven(response: NodeResponse, given: HeadersArgument): void {
  if (given === undefined || given === null) return
  if (!isList(given)) {
    for (const [name, value] of Object.entries(given)) response.setHeader(name, value)
    return
  }
  const pairs = pairsOf(given)
  for (const [name] of pairs) response.removeHeader(name)
  for (const [name, value] of pairs) response.appendHeader(name, value)
}

function isList(given: NonNullable<HeadersArgument>): given is readonly unknown[] {
  return Array.isArray(given)
}

/** Names and values in turn, or a list of pairs. */
function pairsOf(list: readonly unknown[]): readonly (readonly [string, string | string[]])[] {
  if (Array.isArray(list[0])) return list as readonly [string, string][]
  return Array.from({ length: Math.ceil(list.length / 2) }, (_, at) => [
    list[2 * at] as string,
    list[2 * at + 1] as string,
  ])
}
