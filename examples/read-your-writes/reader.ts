/** A page as a reader gets it. */
export interface Page {
  readonly path: string
  readonly isStale: boolean
  /** The role of the node of each read. */
  readonly readOn: readonly string[]
}

/** Somebody at a browser: keeps cookies, and follows redirects. */
export class Reader {
  readonly #url: string
  readonly #signal: AbortSignal
  readonly #cookies = new Map<string, string>()

  constructor(url: string, signal: AbortSignal) {
    this.#url = url
    this.#signal = signal
  }

  async look(path: string): Promise<Page> {
    const response = await this.#fetch(path, {})
    return pageIn(path, await response.text())
  }

  /** @returns the page that the answer leads to. */
  async send(path: string, form: Readonly<Record<string, string>>): Promise<Page> {
    const response = await this.#fetch(path, { method: 'POST', body: new URLSearchParams(form) })
    await response.text()
    return this.look(response.headers.get('location') ?? '')
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ')
    const headers = cookie === '' ? {} : { cookie }
    const url = new URL(path, this.#url)
    const response = await fetch(url, { ...init, headers, redirect: 'manual', signal: this.#signal })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    if (response.status < 400) return response
    throw new Error(`${init.method ?? 'GET'} ${path} was answered by ${response.status}: ${await response.text()}`)
  }

  #keep(line: string): void {
    const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
    if (name !== undefined && value !== undefined) this.#cookies.set(name, value)
  }
}

function pageIn(path: string, html: string): Page {
  return {
    path,
    isStale: html.includes('data-verdict="stale"'),
    readOn: [...html.matchAll(/data-intent="read" data-role="(\w+)"/g)].map((match) => match[1]!),
  }
}
