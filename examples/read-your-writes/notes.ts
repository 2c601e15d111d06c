import { AsyncLocalStorage } from 'node:async_hooks'
import type { QueryResultRow } from 'pg'
import type { Route } from '../../src/index.js'
import { Pool } from '../../src/pg.js'
import type { TestCluster } from '../../src/testing.js'
import { type Mode, OPTIONS } from './modes.js'

const TABLE = `create table notes (
  version int generated always as identity primary key, body text not null)`
const SAVE = 'insert into notes (body) values ($1) returning version'
const LATEST = 'select version, body from notes order by version desc limit 1'
const COUNT = 'select count(*)::int as versions from notes'

/** Of how many saves the statements are remembered, for the page that follows. */
const MOST_REMEMBERED = 1000

/** A statement, and where it went: more than one route only where it had to run again elsewhere. */
export interface Statement {
  readonly text: string
  readonly routes: readonly Route[]
}

export interface Saved {
  readonly version: number
  /** Empty for a save of long ago. */
  readonly statements: readonly Statement[]
}

/** The note as a page shows it. */
export interface Shown {
  readonly version: number
  readonly body: string
  /** How many there are, as the second statement sees it. */
  readonly versions: number
  readonly statements: readonly Statement[]
}

/** One note with all its versions, through a pool for each mode. They differ in their options alone. */
export class Notes {
  readonly #pools: Readonly<Record<Mode, Pool>>
  readonly #asking = new AsyncLocalStorage<Route[]>()
  readonly #saves = new Map<number, Saved>()
  #newest = 0

  constructor(cluster: TestCluster) {
    const open = (mode: Mode) => poolOf(cluster, mode).on('routed', (route) => this.#asking.getStore()?.push(route))
    this.#pools = { timer: open('timer'), eventual: open('eventual'), session: open('session') }
  }

  async create(): Promise<void> {
    await this.#ask('session', TABLE)
    await this.save('session', 'Hello')
  }

  async save(mode: Mode, body: string): Promise<Saved> {
    const { rows, ...statement } = await this.#ask<{ version: number }>(mode, SAVE, [body])
    const saved = { version: rows[0]!.version, statements: [statement] }
    this.#remember(saved)
    return saved
  }

  async show(mode: Mode): Promise<Shown> {
    const { rows: notes, ...first } = await this.#ask<{ version: number; body: string }>(mode, LATEST)
    const { rows: counts, ...second } = await this.#ask<{ versions: number }>(mode, COUNT)
    return { ...notes[0]!, ...counts[0]!, statements: [first, second] }
  }

  /** @returns `undefined`: there is no such version yet. */
  saved(version: number): Saved | undefined {
    if (version > this.#newest) return undefined
    return this.#saves.get(version) ?? { version, statements: [] }
  }

  async end(): Promise<void> {
    await Promise.all(Object.values(this.#pools).map((pool) => pool.end()))
  }

  /** The event `routed` comes in the context of the call that it is about. */
  async #ask<Row extends QueryResultRow>(
    mode: Mode,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Statement & { readonly rows: readonly Row[] }> {
    const routes: Route[] = []
    const { rows } = await this.#asking.run(routes, () => this.#pools[mode].query<Row>(text, [...values]))
    return { text, routes, rows }
  }

  #remember(saved: Saved): void {
    this.#newest = Math.max(this.#newest, saved.version)
    this.#saves.set(saved.version, saved)
    for (const version of this.#saves.keys()) {
      if (this.#saves.size <= MOST_REMEMBERED) return
      this.#saves.delete(version)
    }
  }
}

function poolOf(cluster: TestCluster, mode: Mode): Pool {
  const [primary, ...replicas] = cluster.nodes.map(({ name, url }) => ({ name, url }))
  return new Pool({
    primary: primary!,
    replicas,
    // This is about lag: however busy the machine is, no replica shall be taken for a sick one.
    probe: { timeoutMs: 8000, hungAfterMs: 20_000 },
    ...OPTIONS[mode],
  })
}
