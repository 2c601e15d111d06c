/**
 * The clients that are in somebody's hands. A pool that ends lets them finish, as `pg` does: a client may not have
 * needed a connection yet when the end begins.
 */
export class CheckedOut {
  readonly #clients = new Set<object>()
  readonly #waiting: (() => void)[] = []

  add(client: object): void {
    this.#clients.add(client)
  }

  remove(client: object): void {
    this.#clients.delete(client)
    if (this.#clients.size > 0) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves when all have been given back. */
  none(): Promise<void> {
    return this.#clients.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))
  }
}
