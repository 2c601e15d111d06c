import { REASONS } from '../../dialect/postgresql/reasons.js'
import type { Row } from './row.js'

interface Total {
  readonly route: Row['route']
  readonly reason: string
  count: number
}

/** Counts texts by route and reason. */
export class Summary {
  readonly #totals = new Map<string, Total>()
  #count = 0

  add({ route, reason }: Row): void {
    this.#count++
    const key = `${route} ${reason}`
    const total = this.#totals.get(key)
    if (total === undefined) this.#totals.set(key, { route, reason, count: 1 })
    else total.count++
  }

  /** The greatest first. As JSON, one object for each route and reason. */
  print(json: boolean): string {
    const totals = [...this.#totals.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
    if (json)
      return totals.map((total) => `${JSON.stringify({ ...total, share: this.#share(total.count) })}\n`).join('')
    return totals.map((total) => this.#line(total)).join('') + this.#footer(totals)
  }

  #line({ route, reason, count }: Total): string {
    const meaning = (REASONS as Readonly<Record<string, string>>)[reason] ?? 'a comment in the text asks for it'
    return `${this.#number(count)}  ${route.padEnd(8)} ${reason.padEnd(22)} ${meaning}\n`
  }

  #footer(totals: readonly Total[]): string {
    const away = totals.filter((it) => it.route === 'replica').reduce((sum, it) => sum + it.count, 0)
    return `${this.#number(this.#count)}  statements; ${percent(this.#share(away))} may run on a replica\n`
  }

  #number(count: number): string {
    return `${String(count).padStart(9)} ${percent(this.#share(count)).padStart(7)}`
  }

  #share(count: number): number {
    return this.#count === 0 ? 0 : Math.round((count / this.#count) * 10_000) / 10_000
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`
}
