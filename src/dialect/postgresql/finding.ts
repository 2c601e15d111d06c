import type { Classification, Destination, Effect, Hint, Intent } from '../../model/intent.js'
import type { ReasonCode } from './reasons.js'

/** How strongly something found in a text binds it: the strongest decides, and of equals the first. */
export const READ = 0
export const READ_ONLY_TRANSACTION = 1
export const SETTING = 2
export const PRIMARY_READ = 3
export const SESSION = 4
export const WRITE = 5

export type Strength = 0 | 1 | 2 | 3 | 4 | 5

const INTENTS: readonly Intent[] = ['read', 'session', 'session', 'read', 'session', 'write']
const ROUTES: readonly Destination[] = ['replica', 'replica', 'all', 'primary', 'primary', 'primary']

const NO_NAMES: readonly string[] = []
const NO_EFFECTS: readonly Effect[] = []
const NEEDS_CONNECTION: Effect = { kind: 'needs-connection' }

/**
 * Gathers what is found in one text.
 *
 * What statements are and what functions they call are kept apart, because a user may overrule the second: a
 * classification that names a function as its reason would be a read without it.
 */
export class Finding {
  /** Nothing of what follows is executed, as behind `EXPLAIN` without `ANALYZE`: only relations count. */
  isPlanOnly = false
  #strength: Strength | -1 = -1
  #reason: ReasonCode = 'empty'
  #detail: string | undefined
  #at = 0
  #functionStrength: Strength | -1 = -1
  #functionReason: ReasonCode = 'empty'
  #functionDetail: string | undefined
  #functionAt = 0
  #settings = 0
  #otherStatements = 0
  #effects: Effect[] | undefined
  #functions: string[] | undefined
  #builtIns: string[] | undefined
  #relations: string[] | undefined

  /** What a statement or a clause of it is. */
  decide(strength: Strength, reason: ReasonCode, at: number, detail?: string): void {
    if (strength <= this.#strength || this.isPlanOnly) return
    this.#strength = strength
    this.#reason = reason
    this.#at = at
    this.#detail = detail
  }

  /** What calling a built-in function, or reading one of the server's own relations, asks for. */
  decideByName(strength: Strength, reason: ReasonCode, at: number, name: string): void {
    if (strength <= this.#functionStrength || this.isPlanOnly) return
    this.#functionStrength = strength
    this.#functionReason = reason
    this.#functionAt = at
    this.#functionDetail = name
  }

  /** In doubt, the primary; even about a statement that is only planned. */
  doubt(at: number): void {
    this.isPlanOnly = false
    this.decide(WRITE, 'not-classified', at)
  }

  /** Then what else it calls makes no difference, unless it leaves something behind. */
  get isWrite(): boolean {
    return this.#strength === WRITE
  }

  get isInReadOnlyTransaction(): boolean {
    return this.#strength === READ_ONLY_TRANSACTION
  }

  /** A statement begins that is nothing but a setting, or one that is more. */
  beginStatement(isSetting: boolean): void {
    if (isSetting) this.#settings++
    else this.#otherStatements++
  }

  effect(effect: Effect): void {
    if (this.isPlanOnly) return
    if (this.#effects === undefined) this.#effects = [effect]
    else this.#effects.push(effect)
  }

  calls(name: string): void {
    if (this.isPlanOnly || this.#strength === WRITE) return
    if (this.#functions === undefined) this.#functions = [name]
    else if (this.#functions.at(-1) !== name) this.#functions.push(name)
  }

  callsBuiltIn(name: string): void {
    if (this.isPlanOnly) return
    if (this.#builtIns === undefined) this.#builtIns = [name]
    else if (this.#builtIns.at(-1) !== name) this.#builtIns.push(name)
  }

  uses(relation: string): void {
    if (this.#relations === undefined) this.#relations = [relation]
    else if (this.#relations.at(-1) !== relation) this.#relations.push(relation)
  }

  classification(hint: Hint | undefined): Classification {
    this.#holdMixedSettings()
    const isByName = this.#functionStrength > this.#strength
    const strength = isByName ? this.#functionStrength : this.#strength
    return {
      intent: strength < 0 ? 'read' : (INTENTS[strength] as Intent),
      route: strength < 0 ? 'replica' : (ROUTES[strength] as Destination),
      reason: isByName ? this.#functionReason : this.#reason,
      detail: isByName ? this.#functionDetail : this.#detail,
      at: isByName ? this.#functionAt : this.#at,
      routeWithoutFunctions: this.#strength < 0 ? 'replica' : (ROUTES[this.#strength] as Destination),
      hint,
      effects: this.#effects ?? NO_EFFECTS,
      functions: this.#functions ?? NO_NAMES,
      builtIns: this.#builtIns ?? NO_NAMES,
      relations: this.#relations ?? NO_NAMES,
    }
  }

  /**
   * A text that sets something may be sent again to every connection that the session uses, so it must do nothing else.
   * If it does, the connection that it ran on must be kept instead, and that is the primary's.
   */
  #holdMixedSettings(): void {
    const setting = this.#effects?.find((it) => it.kind === 'set' || it.kind === 'reset')
    if (setting === undefined) return
    const isOnlySettings = this.#otherStatements === 0
    const isReadThatSets = this.#settings === 0 && this.#otherStatements === 1 && this.#setsAndReads()
    if (isOnlySettings || isReadThatSets) return
    this.effect(NEEDS_CONNECTION)
    this.decide(SESSION, 'setting', this.#at, 'name' in setting ? setting.name : undefined)
  }

  /** `SELECT set_config(...)`, and nothing in it that must not happen twice. */
  #setsAndReads(): boolean {
    const isRead = this.#strength === READ && this.#functionStrength === SETTING
    return isRead && this.#effects?.every((it) => it.kind === 'set') === true
  }
}
