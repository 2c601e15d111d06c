import type { Clock, Timer } from '../base/clock.js'
import type { Dialect } from '../model/dialect.js'
import type { NodePool } from '../model/driver.js'
import type { Publish } from '../model/events.js'
import type { Node } from './node.js'
import type { Statements } from './statements.js'

export interface CatalogueLoaderParts {
  readonly clock: Clock
  readonly dialect: Dialect
  readonly publish: Publish
  readonly refreshMs: number
  readonly timeoutMs: number
  /** Whether anybody keeps tables apart: asking what binds them costs the server as much again. */
  readonly wantsTables: boolean
}

/**
 * Reads from the primary which functions may write and which relations a replica cannot serve, in the background, and
 * again from time to time. Until it has, functions that are not built in are taken for writes.
 */
export class CatalogueLoader {
  readonly #statements: Statements
  readonly #parts: CatalogueLoaderParts
  readonly #primary: () => Node<NodePool> | undefined
  #timer: Timer | undefined
  #loading: Promise<void> | undefined
  #stopped = true

  constructor(statements: Statements, primary: () => Node<NodePool> | undefined, parts: CatalogueLoaderParts) {
    this.#statements = statements
    this.#primary = primary
    this.#parts = parts
  }

  start(): void {
    if (!this.#stopped || this.#parts.dialect.catalogueQuery === undefined) return
    this.#stopped = false
    void this.loadNow()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.stop()
  }

  /** Never rejects: without a catalogue, in doubt, more goes to the primary. Loads that overlap are one. */
  loadNow(): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined
      this.#timer?.stop()
      if (!this.#stopped) this.#timer = this.#parts.clock.after(this.#parts.refreshMs, () => void this.loadNow())
    })
    return this.#loading
  }

  /** Tables, or what binds them together, may have changed. Nobody waits. */
  definitionChanged(): void {
    if (!this.#parts.wantsTables) return
    this.#statements.noteDefinition()
    const underWay = this.#loading
    // What is being loaded may be older than the change.
    void (underWay === undefined ? this.loadNow() : underWay.then(() => this.loadNow()))
  }

  async #load(): Promise<void> {
    const { dialect, publish, timeoutMs } = this.#parts
    const node = this.#primary()
    if (node === undefined || dialect.catalogueQuery === undefined) return
    try {
      const rows = await node.pool.askAtLeisure(dialect.catalogueQuery, timeoutMs)
      this.#statements.learnCatalogue(dialect.catalogueOf(rows, this.#statements.catalogueVersion + 1))
      await this.#loadTables(node)
    } catch (error) {
      if (!this.#stopped) publish('catalogueFailed', { node: node.name, error: error as Error })
    }
  }

  async #loadTables(node: Node<NodePool>): Promise<void> {
    const { dialect, wantsTables, timeoutMs } = this.#parts
    if (!wantsTables || dialect.tablesQuery === undefined) return
    const { definitions } = this.#statements
    const rows = await node.pool.askAtLeisure(dialect.tablesQuery, timeoutMs)
    this.#statements.learnTables(dialect.tablesOf(rows), definitions)
  }
}
