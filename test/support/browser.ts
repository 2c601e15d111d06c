/** As React writes them. */
const HIDDEN = /<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g

/** A client that keeps cookies and follows redirects, as a browser does. */
export class Browser {
  readonly #origin: string
  readonly #cookies = new Map<string, string>()

  constructor(origin: string, cookies: Readonly<Record<string, string>> = {}) {
    this.#origin = origin
    for (const [name, value] of Object.entries(cookies)) this.#cookies.set(name, value)
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.#send(path, { method: 'GET', headers })
  }

  /** The body leaves in two pieces, the second when the first is on its way. */
  async post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    const type = { 'content-type': 'application/json' }
    return this.#send(path, {
      method: 'POST',
      headers: { ...type, ...headers },
      body: inTwoPieces(JSON.stringify({ body })),
      duplex: 'half',
    })
  }

  /** As a form that is sent. */
  async submit(path: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    return this.#send(path, { method: 'POST', body: new URLSearchParams(fields) })
  }

  /** Gets the page, fills the fields of its form, and sends it as a browser without JavaScript does. */
  async fill(path: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    const form = new FormData()
    for (const [, name, value] of (await this.get(path)).text.matchAll(HIDDEN)) form.set(name ?? '', value ?? '')
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    return this.#send(path, { method: 'POST', headers: { origin: this.#origin }, body: form })
  }

  async #send(path: string, init: RequestInit & { readonly duplex?: 'half' }): Promise<Page> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    // A connection that is kept open to a server that has ended can keep Node.js 20 from ending.
    const headers = { ...init.headers, ...(cookie === '' ? {} : { cookie }), connection: 'close' }
    const response = await fetch(new URL(path, this.#origin), { ...init, headers, redirect: 'manual' })
    const setCookies = response.headers.getSetCookie()
    for (const line of setCookies) this.#keep(line)
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      setCookies,
      text,
      follow: () => this.#follow(response),
    }
  }

  #keep(line: string): void {
    const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
    // Over plain HTTP, as here, a browser sends no secure cookie.
    if (name === undefined || value === undefined || /; *secure/i.test(line)) return
    this.#cookies.set(name, value)
  }

  #follow(response: Response): Promise<Page> {
    const location = response.headers.get('location')
    if (location === null) throw new Error(`no redirect: ${response.status}`)
    return this.get(location)
  }
}

export interface Page {
  readonly status: number
  readonly headers: Headers
  readonly setCookies: readonly string[]
  readonly text: string
  /** Where its redirect leads. */
  follow(): Promise<Page>
}

function inTwoPieces(text: string): ReadableStream<Uint8Array> {
  const half = text.length >> 1
  const pieces = [text.slice(0, half), text.slice(half)]
  return new ReadableStream(
    {
      async pull(controller) {
        const piece = pieces.shift()
        if (piece === undefined) return controller.close()
        // A turn of the loop later: the first is with the system by then.
        await new Promise((resolve) => setImmediate(resolve))
        controller.enqueue(new TextEncoder().encode(piece))
      },
    },
    { highWaterMark: 0 },
  )
}
