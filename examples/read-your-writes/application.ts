import type { IncomingMessage } from 'node:http'
import { type Answer, asHtml, asJson, problem, seeOther } from './answer.js'
import { BadRequest, bodyOf, type Fields, fieldsIn, jsonIn, lagIn, modeIn, noteIn, savedIn } from './input.js'
import type { Lag } from './lag.js'
import type { Mode } from './modes.js'
import type { Notes, Saved } from './notes.js'
import { pageOf } from './page.js'
import { type View, viewOf } from './view.js'

/** What was asked for: the fields of the address, and what came with it. */
interface Asked {
  readonly query: Fields
  readonly body: string
}

type Handler = (asked: Asked) => Answer | Promise<Answer>

/** The application itself: nothing in it knows of replicas but what it shows. */
export class Application {
  readonly #notes: Notes
  readonly #lag: Lag
  readonly #handlers: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
    '/': { GET: async ({ query }) => asHtml(pageOf(await this.#view(query))) },
    '/note': { POST: async ({ body }) => this.#saveForm(formIn(body)) },
    '/lag': { POST: async ({ body }) => this.#setLagForm(formIn(body)) },
    '/api/note': {
      GET: async ({ query }) => asJson(await this.#view(query)),
      POST: async ({ query, body }) => asJson(await this.#notes.save(modeIn(query), noteIn(jsonIn(body))), 201),
    },
    '/api/lag': {
      GET: () => asJson({ ms: this.#lag.ms }),
      POST: async ({ body }) => this.#setLag(jsonIn(body)),
    },
  }

  constructor(notes: Notes, lag: Lag) {
    this.#notes = notes
    this.#lag = lag
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const [path, search = ''] = (request.url ?? '/').split('?', 2) as [string, string?]
    try {
      const handler = this.#handlerFor(request.method ?? 'GET', path)
      if (typeof handler !== 'function') return handler
      const query = fieldsIn(new URLSearchParams(search))
      return await handler({ query, body: await bodyOf(request) })
    } catch (error) {
      return problem(error, path)
    }
  }

  #handlerFor(method: string, path: string): Handler | Answer {
    const handlers = Object.hasOwn(this.#handlers, path) ? this.#handlers[path] : undefined
    if (handlers === undefined) return problem(new BadRequest('there is no such page', 404), path)
    const name = method === 'HEAD' ? 'GET' : method
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined
    if (handler !== undefined) return handler
    const allow = Object.keys(handlers).join(', ')
    const answer = problem(new BadRequest(`only ${allow} here`, 405), path)
    return { ...answer, headers: { ...answer.headers, allow } }
  }

  async #view(query: Fields): Promise<View> {
    const mode = modeIn(query)
    const saved = this.#savedIn(query)
    return viewOf(await this.#notes.show(mode), mode, this.#lag.ms, saved)
  }

  async #saveForm(form: Fields): Promise<Answer> {
    const mode = modeIn(form)
    return toPage(mode, await this.#notes.save(mode, noteIn(form)))
  }

  async #setLagForm(form: Fields): Promise<Answer> {
    const [mode, saved] = [modeIn(form), this.#savedIn(form)]
    await this.#lag.set(lagIn(form))
    return toPage(mode, saved)
  }

  async #setLag(fields: Fields): Promise<Answer> {
    await this.#lag.set(lagIn(fields))
    return asJson({ ms: this.#lag.ms })
  }

  #savedIn(fields: Fields): Saved | undefined {
    const version = savedIn(fields)
    const saved = version === undefined ? undefined : this.#notes.saved(version)
    if (version === undefined || saved !== undefined) return saved
    throw new BadRequest(`version ${version} has not been saved`)
  }
}

function formIn(body: string): Fields {
  return fieldsIn(new URLSearchParams(body))
}

function toPage(mode: Mode, saved: Saved | undefined): Answer {
  return seeOther(saved === undefined ? `/?mode=${mode}` : `/?mode=${mode}&saved=${saved.version}`)
}
