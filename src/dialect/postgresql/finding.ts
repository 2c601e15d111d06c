import type { Classification, Destination, Effect, Hint, Intent } from '../../model/intent.js'
import type { ReasonCode } from './reasons.js'

/** How strongly a finding binds: of several in one text, the strongest decides. */
export const READ = 0
export const SETTING = 1
export const READ_ONLY_TRANSACTION = 2
export const SESSION = 3
export const WRITE = 4

export type Strength = 0 | 1 | 2 | 3 | 4

const INTENTS: readonly Intent[] = ['read', 'session', 'session', 'session', 'write']
const ROUTES: readonly Destination[] = ['replica', 'all', 'replica', 'primary', 'primary']

const NO_NAMES: readonly string[] = []
const NO_EFFECTS: readonly Effect[] = []

/** Gathers what is found in one text, from its first token to its last. */
export class Finding {
  #strength: Strength | -1 = -1
  #reason: ReasonCode = 'empty'
  #detail: string | undefined
  #at = 0
  #effects: Effect[] | undefined
  #functions: string[] | undefined
  #relations: string[] | undefined

  /** The first of the strongest decides. */
  decide(strength: Strength, reason: ReasonCode, at: number, detail?: string): void {
    if (strength <= this.#strength) return
    this.#strength = strength
    this.#reason = reason
    this.#at = at
    this.#detail = detail
  }

  decideIfNothing(strength: Strength, reason: ReasonCode): void {
    if (this.#strength === -1) this.decide(strength, reason, 0)
  }

  effect(effect: Effect): void {
    if (this.#effects === undefined) this.#effects = [effect]
    else this.#effects.push(effect)
  }

  calls(name: string, at: number): void {
    if (this.#functions === undefined) this.#functions = [name]
    else if (this.#functions.length >= MOST_NAMES) this.decide(WRITE, 'not-classified', at)
    else if (!this.#functions.includes(name)) this.#functions.push(name)
  }

  /** More names than this are not worth telling apart: in doubt, the statement is not a read. */
  uses(relation: string, at: number): void {
    if (this.#relations === undefined) this.#relations = [relation]
    else if (this.#relations.length >= MOST_NAMES) this.decide(WRITE, 'not-classified', at)
    else if (!this.#relations.includes(relation)) this.#relations.push(relation)
  }

  classification(hint: Hint | undefined): Classification {
    const strength = this.#strength === -1 ? SESSION : this.#strength
    return {
      intent: INTENTS[strength] as Intent,
      route: ROUTES[strength] as Destination,
      reason: this.#reason,
      detail: this.#detail,
      at: this.#at,
      hint,
      effects: this.#effects ?? NO_EFFECTS,
      functions: this.#functions ?? NO_NAMES,
      relations: this.#relations ?? NO_NAMES,
    }
  }
}

/** Keeps `includes` cheap, so that a text with a million names still takes linear time. */
const MOST_NAMES = 256
