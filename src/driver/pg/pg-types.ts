import type { EventEmitter } from 'node:events'

/**
 * The parts of `pg` that this driver calls. Declared here so that `pg` stays the user's own dependency, in the version
 * they have: 8.11 or later.
 */
export interface PgModule {
  readonly Pool: new (options: PgPoolOptions) => PgPool
  readonly Client: PgClientClass
  readonly TypeOverrides?: new (types?: unknown) => TypeOverrides
  escapeIdentifier(text: string): string
  escapeLiteral(text: string): string
}

/** Type parsers of one client, over those of the module. */
export interface TypeOverrides {
  setTypeParser(oid: number, format: unknown, parse?: unknown): void
  getTypeParser(oid: number, format?: unknown): unknown
}

export type PgPoolOptions = Readonly<Record<string, unknown>>

export type PgClientClass = new (options: PgPoolOptions) => PgClient

export type QueryCallback = (error: Error | null | undefined, result: unknown) => void

export interface PgClient extends EventEmitter {
  connect(callback: (error: Error | null | undefined) => void): void
  query(config: unknown, values: unknown, callback?: QueryCallback): unknown
  end(callback?: () => void): void
  unref?(): void
  /** 'I' idle, 'T' in a transaction, 'E' in a failed one; absent before pg 8.21. */
  getTransactionStatus?(): string | null
  readonly processID: number | null
  /** True between statements. Not documented by pg, and as old as pg 1. */
  readonly readyForQuery?: boolean
  /** Absent in pg-native. */
  readonly connection?: EventEmitter & { readonly stream?: { destroy(): void } }
}

export type ReleaseClient = (error?: unknown) => void

export interface PgPool extends EventEmitter {
  connect(callback: (error: Error | undefined, client: PgClient | undefined, release: ReleaseClient) => void): void
  end(): Promise<void>
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
}

/** A statement for one of this driver's connections, in the shape `pg` takes it. */
export interface PgRequest {
  readonly config: unknown
  readonly values: unknown
}
