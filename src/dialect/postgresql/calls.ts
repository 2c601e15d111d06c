import { type Finding, PRIMARY_READ, READ_ONLY_TRANSACTION, SESSION, SETTING, WRITE } from './finding.js'
import { nameIn, plainString, withoutSchema } from './names.js'
import type { PrimaryFunction } from './primary-functions.js'
import type { Scanner } from './scanner.js'
import * as t from './tokens.js'
import { functionOf, HARMLESS, NO_BUILT_IN, primaryFunction, spellingOf, wordSpelled } from './words.js'

/** What the calls of functions in one query ask for. The scanner stands at the parenthesis behind the name. */
export class Calls {
  readonly #scanner: Scanner
  readonly #finding: Finding
  /** Of the calls of `set_config` that are open: the parameter, and where the call begins. */
  readonly #settings: { readonly name: string; readonly at: number }[] = []

  constructor(scanner: Scanner, finding: Finding) {
    this.#scanner = scanner
    this.#finding = finding
  }

  /**
   * @param word the known word that is the last part of the name; 0 when it is none, or in quotes.
   * @returns whether this is `set_config`, whose end must be told.
   */
  begin(start: number, end: number, word: number, isQualified: boolean): boolean {
    if (!isQualified && word !== 0 && functionOf(word) !== NO_BUILT_IN) {
      return this.#beginBuiltIn(functionOf(word), spellingOf(word), start)
    }
    if (this.#finding.isWrite && word === 0 && !isQualified) return false
    const name = nameIn(this.#scanner.text, start, end)
    const isCatalogue = name.startsWith('pg_catalog.')
    const local = isCatalogue ? withoutSchema(name) : name
    const kind = isQualified && !isCatalogue ? NO_BUILT_IN : functionOf(wordSpelled(local))
    if (kind !== NO_BUILT_IN) return this.#beginBuiltIn(kind, local, start)
    if (!name.startsWith('information_schema._pg_')) this.#finding.calls(name)
    return false
  }

  /**
   * `set_config(name, value, true)` ends with the transaction; anything else may outlive it.
   *
   * @param isLocal whether the third argument is the word `true`.
   */
  endSetConfig(isLocal: boolean): void {
    const { name, at } = this.#settings.pop() ?? { name: '', at: 0 }
    if (isLocal) return this.#finding.decideByName(READ_ONLY_TRANSACTION, 'set-local', at, name)
    this.#finding.effect({ kind: 'set', name })
    this.#finding.decideByName(SETTING, 'setting', at, name)
  }

  #beginBuiltIn(kind: number, name: string, at: number): boolean {
    this.#finding.callsBuiltIn(name)
    if (kind === HARMLESS) return false
    const known = primaryFunction(kind)
    if (known.effect === 'set') {
      this.#settings.push({ name: this.#parameterAhead(), at })
      return true
    }
    if (known.effect === 'signals-backend') this.#finding.effect({ kind: 'signals-backend', pid: this.#pidAhead() })
    else if (known.effect !== undefined) this.#finding.effect({ kind: known.effect })
    this.#finding.decideByName(strengthOf(known), known.reason, at, name)
    return false
  }

  /** The first argument of `set_config`, if it is written out; else nothing. */
  #parameterAhead(): string {
    const ahead = this.#scanner.fork()
    const isString = ahead.next() === t.STRING
    const name = isString ? plainString(ahead.text, ahead.start, ahead.end) : undefined
    return name?.toLowerCase() ?? ''
  }

  /** The process id, if it is one token: a number or a parameter. */
  #pidAhead(): { literal: number } | { parameter: number } | undefined {
    const ahead = this.#scanner.fork()
    const token = ahead.next()
    const written = ahead.text.slice(ahead.start, ahead.end)
    const next = ahead.next()
    if (next !== t.CLOSE && next !== t.COMMA && next !== t.CAST) return undefined
    if (token === t.NUMBER) return { literal: Number(written) }
    return token === t.PARAMETER ? { parameter: Number(written.slice(1)) } : undefined
  }
}

function strengthOf(known: PrimaryFunction): typeof WRITE | typeof SESSION | typeof PRIMARY_READ {
  if (known.intent === 'write') return WRITE
  return known.intent === 'session' ? SESSION : PRIMARY_READ
}
