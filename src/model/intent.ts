/** What a statement needs: a read, a write, or to stay where the session is. */
export type Intent = 'read' | 'write' | 'session'

/** Where a statement belongs: any replica, the primary, or every connection that the session uses. */
export type Destination = 'replica' | 'primary' | 'all'

/** What a statement does to the session it runs in, beyond its result. In the order of the text. */
export type Effect =
  | { readonly kind: 'begin'; readonly readOnly: boolean; readonly serializable: boolean }
  /** `SET TRANSACTION`, after a `BEGIN`. */
  | { readonly kind: 'set-transaction' }
  /** `COMMIT`, `ROLLBACK`, `PREPARE TRANSACTION`; `chain` begins the next transaction at once. */
  | { readonly kind: 'commit' | 'rollback'; readonly chain: boolean }
  | { readonly kind: 'rollback-to-savepoint' }
  /** `SET name`, `SET SESSION name`, `set_config(name, value, false)`: lasts until the session ends; may be replayed. */
  | { readonly kind: 'set'; readonly name: string }
  /** `RESET name`; `name` is undefined for `RESET ALL`. */
  | { readonly kind: 'reset'; readonly name: string | undefined }
  | { readonly kind: 'prepare'; readonly name: string }
  /** `name` is undefined for `DEALLOCATE ALL`. */
  | { readonly kind: 'deallocate'; readonly name: string | undefined }
  /** `EXECUTE`, `FETCH`, `MOVE`: a statement runs that was kept, and that this text does not tell. */
  | { readonly kind: 'runs-kept' }
  /** `DECLARE`: `hold` outlives its transaction. */
  | { readonly kind: 'declare-cursor'; readonly hold: boolean }
  | { readonly kind: 'listen' | 'unlisten' }
  | { readonly kind: 'temporary-object' }
  /** A session-level advisory lock taken, or given back (one or all: the lock table is the server's). */
  | { readonly kind: 'advisory-lock' | 'advisory-unlock' }
  | { readonly kind: 'discard'; readonly what: 'all' | 'temp' | 'plans' | 'sequences' }
  /** The answer depends on this very connection: `pg_backend_pid()`, `currval()`, `lastval()`, `LOAD`. */
  | { readonly kind: 'needs-connection' }
  /** `pg_cancel_backend`, `pg_terminate_backend`: must run on the node that owns the pid. */
  | {
      readonly kind: 'signals-backend'
      readonly pid: { readonly literal: number } | { readonly parameter: number } | undefined
    }

/** A wish written in the text, such as `/\* sluice: primary *\/`. It beats classification. */
export type Hint = { readonly to: 'primary' | 'replica' } | { readonly to: 'node'; readonly node: string }

/** What the classifier found in one text. Shared and cached: never edited. */
export interface Classification {
  readonly intent: Intent
  readonly route: Destination
  /** A stable code, such as `plain-read` or `locking-read`. The dialect documents each. */
  readonly reason: string
  /** The name that decided it, where there is one: a function, a keyword, a table. */
  readonly detail: string | undefined
  /** Offset into the text, in UTF-16 units, of the token that decided. */
  readonly at: number
  readonly hint: Hint | undefined
  readonly effects: readonly Effect[]
  /** Functions called that the dialect does not know by itself, lower-cased, `schema.name` or `name`. A read calling
   * one is only a read if the catalogue says so. */
  readonly functions: readonly string[]
  /** Where the statements belong if no built-in function counts: what a user gets who vouches for those. */
  readonly routeWithoutFunctions?: Destination
  /** Functions called that the dialect knows, by their own names: a user's lists may overrule what it knows. */
  readonly builtIns?: readonly string[]
  /** Names that stand where a relation may stand, lower-cased, `schema.name` or `name`. */
  readonly relations: readonly string[]
  /** The groups of tables that it touches, where somebody keeps them apart; `undefined`: it may touch any. */
  readonly tables?: readonly string[] | undefined
}

/** What only the server can tell about names. */
export interface Catalogue {
  /** Grows with every load, so that what was derived from an older one can be told apart. */
  readonly version: number
  /** `volatile`: may write. `harmless`: declared stable or immutable. `unknown`: no such function here. */
  functionVolatility(name: string): 'volatile' | 'harmless' | 'unknown'
  /** Unlogged tables, and views that reach one or call a volatile function: unreadable or wrong on a replica. */
  needsPrimary(relation: string): boolean
}
