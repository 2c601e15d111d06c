import type { Catalogue, Classification } from './intent.js'
import type { Judgement } from './judgement.js'
import type { NodeStatus } from './node-status.js'
import type { Position } from './position.js'
import type { Snapshot } from './snapshot.js'
import type { Tables } from './tables.js'
import type { Role } from './view.js'

/** What a user says about functions and tables by name, lower-cased. It beats the catalogue and what we know of built-ins. */
export interface NameLists {
  readonly readFunctions: ReadonlySet<string>
  readonly writeFunctions: ReadonlySet<string>
  /** Tables that nobody reads on a replica. */
  readonly primaryTables: ReadonlySet<string>
}

/** What differs between one kind of server and another. Pure: it knows texts and codes, and sends nothing. */
export interface Dialect {
  classify(text: string): Classification
  /** Applies what the server's catalogue and the user know of functions and relations. */
  resolve(found: Classification, catalogue: Catalogue | undefined, lists: NameLists): Classification
  /** Equal for texts that differ only in literals, comments and white space. */
  fingerprint(text: string): string
  /** Reads a server's error code; `undefined`: a statement's own error. */
  judge(code: string): Judgement | undefined
  /** Asks a server what it is; one row, read by `roleOf`. */
  readonly roleQuery: string
  roleOf(row: unknown): Role
  /** Asks a server what it is and where it stands; one row, read by `statusOf`. `undefined`: positions are unknown. */
  readonly statusQuery: string | undefined
  statusOf(row: unknown): NodeStatus
  /** Asks for the position alone; one row, read by `positionOf`. */
  readonly positionQuery: string
  /** `undefined`: the server is not what it was in its last status. */
  positionOf(row: unknown, last: NodeStatus): Position | undefined
  /** Asks a primary which transactions others do not see yet; one row, read by `snapshotOf`. */
  readonly snapshotQuery: string
  snapshotOf(row: unknown): Snapshot
  /** Asks a replica which of those it shows; read by `committedOf`. */
  committedQuery(snapshot: Snapshot): string
  committedOf(rows: readonly unknown[]): readonly bigint[]
  /** Asks a primary which transactions have not ended, whatever its snapshot knows of them; read by `unfinishedOf`. */
  readonly unfinishedQuery: string
  /** @param snapshot of about the same time. */
  unfinishedOf(rows: readonly unknown[], snapshot: Snapshot): readonly bigint[]
  /** Asks the primary for the catalogue; read by `catalogueOf`. `undefined`: this dialect has none. */
  readonly catalogueQuery: string | undefined
  catalogueOf(rows: readonly unknown[], version: number): Catalogue
  /** Asks the primary what binds tables together; read by `tablesOf`. `undefined`: nobody can tell tables apart. */
  readonly tablesQuery: string | undefined
  tablesOf(rows: readonly unknown[]): Tables
  /** The groups of tables that a text touches; `undefined`: it may touch any. */
  touched(text: string, found: Classification, tables: Tables): readonly string[] | undefined
  /** All or nothing: a server that ends the session before it says that this is complete has undone all of it. */
  isAtomic(found: Classification): boolean
  /** Whether the statement may have changed what `tablesQuery` answers. */
  mayDefine(found: Classification): boolean
}
