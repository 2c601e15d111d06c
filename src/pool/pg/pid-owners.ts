import type { Effect } from '../../model/intent.js'

/**
 * Which node each backend process belongs to, as far as our own connections go: two servers may well have a process of
 * the same number, and `pg_cancel_backend` on the wrong one cancels a stranger.
 */
export class PidOwners {
  readonly #nodes = new Map<number, Set<string>>()
  readonly #lastAsked = new Map<number, string>()

  opened(pid: number | null, node: string): void {
    if (pid === null) return
    const nodes = this.#nodes.get(pid)
    if (nodes === undefined) this.#nodes.set(pid, new Set([node]))
    else nodes.add(node)
  }

  closed(pid: number | null, node: string): void {
    if (pid === null) return
    const nodes = this.#nodes.get(pid)
    nodes?.delete(node)
    if (nodes?.size === 0) this.#nodes.delete(pid)
    if (this.#lastAsked.get(pid) === node) this.#lastAsked.delete(pid)
  }

  /** Somebody read this process id from a client: if two nodes have it, this is the one that is meant. */
  asked(pid: number | null, node: string): void {
    const nodes = pid === null ? undefined : this.#nodes.get(pid)
    if (pid !== null && nodes !== undefined && nodes.size > 1) this.#lastAsked.set(pid, node)
  }

  ownerOf(pid: number): string | undefined {
    const nodes = this.#nodes.get(pid)
    if (nodes === undefined) return undefined
    return this.#lastAsked.get(pid) ?? nodes.values().next().value
  }

  /** The node that a statement with these effects must run on, if it signals one of our backends. */
  ownerIn(effects: readonly Effect[], values: readonly unknown[]): string | undefined {
    for (const effect of effects) {
      if (effect.kind !== 'signals-backend' || effect.pid === undefined) continue
      const pid = 'literal' in effect.pid ? effect.pid.literal : Number(values[effect.pid.parameter - 1])
      return this.ownerOf(pid)
    }
    return undefined
  }
}
