import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { currentSession, type Session, type SessionTokens, sessionTokens } from '../../src/index.js'
import type { Pool } from '../../src/pg.js'
import { Browser, type Page } from '../support/browser.js'
import { eventually, next } from '../support/pool.js'

/** What every application under test does, in the words of its framework: see `HttpApplication`. */
export class Notes {
  readonly pool: Pool
  /** In which session a response was finished; 0: in none. By the framework's own response, where it has one. */
  readonly finishedIn: number[] = []
  readonly #numbers = new WeakMap<Session, number>()
  #sessions = 0

  constructor(pool: Pool) {
    this.pool = pool
  }

  async add(body: string): Promise<void> {
    await this.pool.query('insert into notes (body) values ($1)', [body])
  }

  async list(): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ body: string }>('select body from notes order by body')
    return rows.map((row) => row.body)
  }

  /** A line for each note, each asked for when the one before has gone out. */
  async *lines(): AsyncGenerator<string> {
    for (const body of await this.list()) {
      const { rows } = await this.pool.query<{ body: string }>('select body from notes where body = $1', [body])
      yield `${rows[0]?.body}\n`
    }
  }

  /** The session of the caller as a number; 0: none. */
  session(): number {
    const session = currentSession()
    if (session === undefined) return 0
    const known = this.#numbers.get(session) ?? ++this.#sessions
    this.#numbers.set(session, known)
    return known
  }

  /** Where a request is before and after it has waited for the database. */
  async sessions(body: string): Promise<{ readonly body: string; readonly seen: readonly number[] }> {
    const first = this.session()
    await this.list()
    return { body, seen: [first, this.session()] }
  }
}

export class NoteError extends Error {}

/** What the suite asks of the options: the same for all. */
export interface SharedOptions {
  readonly tokens: SessionTokens
}

/**
 * One application in one framework, with Sluice's middleware in front, that skips paths under `/assets/`:
 *
 * - `GET /notes`: `list()` as JSON. `GET /plain`: no database.
 * - `POST /notes`: `add(body)`, cookies `theme=dark` and `lang=en`, redirect 303 to `/notes`.
 * - `POST /failure`: `add(body)`, then throws `NoteError`; the framework's own handler answers 500.
 * - `POST /stream`: `add(body)`, then `lines()` as a stream.
 * - `POST /sessions`: `sessions(body)` as JSON. `GET /assets/logo`: `session()` as text.
 */
export interface HttpApplication {
  readonly framework: string
  /** Whether it waits for positions before it answers, or sends what is known at that moment. */
  readonly answers: 'settled' | 'at-once'
  /** How often each response tells `finishedIn`. 0: responses are plain values, and nobody is told. */
  readonly finishes: 0 | 1
  serve(notes: Notes, options: SharedOptions): Promise<{ readonly url: string; close(): Promise<void> }>
}

const COOKIE = /^sluice=v1\.[\w-]+\.[\w-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/
const HEADER = 'x-sluice-session'

/** @param pool over a primary and one replica that replays nothing: what it shows is stale. */
export function carriesSessions(application: HttpApplication, poolOf: () => Pool): void {
  const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })
  let notes: Notes
  let served: Awaited<ReturnType<HttpApplication['serve']>>
  let count = 0
  const newNote = () => `${application.framework} ${++count}`
  const browse = (cookies?: Record<string, string>) => new Browser(served.url, cookies)

  describe(`sluice/${application.framework}`, () => {
    before(async () => {
      notes = new Notes(poolOf())
      served = await application.serve(notes, { tokens })
    })
    after(() => served?.close())

    test('the page after a redirect shows what the request before it wrote; others may see an older one', async () => {
      const note = newNote()
      const browser = browse()
      const page = await (await browser.post('/notes', note)).follow()
      assert.ok(notesOf(page).includes(note))
      assert.ok(!notesOf(await browse().get('/notes')).includes(note))
    })

    test('the cookie is out of reach for scripts, and comes beside the cookies of the application', async () => {
      const { status, setCookies } = await browse().post('/notes', newNote())
      assert.equal(status, 303)
      assert.deepEqual(setCookies.map((line) => line.split('=')[0]).sort(), ['lang', 'sluice', 'theme'])
      assert.match(setCookies.find((line) => line.startsWith('sluice=')) ?? '', COOKIE)
    })

    test('a request that asks no database sets no cookie', async () => {
      const browser = browse()
      await browser.post('/notes', newNote())
      for (const page of [await browser.get('/plain'), await browse().get('/plain')]) {
        assert.deepEqual([page.status, page.setCookies, page.headers.get(HEADER)], [200, [], null])
      }
    })

    test('a streamed response carries the session, and is written in it', async () => {
      const note = newNote()
      const browser = browse()
      const page = await browser.post('/stream', note)
      assert.ok(page.text.split('\n').includes(note))
      assert.match(page.setCookies.join(), COOKIE)
      assert.ok(notesOf(await browser.get('/notes')).includes(note))
    })

    test('an error after a write carries the session', async () => {
      const note = newNote()
      const browser = browse()
      const page = await browser.post('/failure', note)
      assert.equal(page.status, 500)
      assert.match(page.setCookies.join(), COOKIE)
      assert.ok(notesOf(await browser.get('/notes')).includes(note))
    })

    test('a program gets a header for the header that it sends, and no cookie', async () => {
      const note = newNote()
      const first = await browse().post('/notes', note, { [HEADER]: '' })
      const token = first.headers.get(HEADER) ?? ''
      assert.match(token, /^v1\./)
      assert.ok(!first.setCookies.join().includes('sluice='))
      assert.ok(notesOf(await browse().get('/notes', { [HEADER]: token })).includes(note))
    })

    test('who has sent neither gets both, and who has sent the cookie only that', async () => {
      const browser = browse()
      const first = await browser.post('/failure', newNote())
      const second = await browser.post('/failure', newNote())
      assert.match(first.headers.get(HEADER) ?? '', /^v1\./)
      assert.match(second.setCookies.join(), COOKIE)
      assert.equal(second.headers.get(HEADER), null)
    })

    test('requests at the same time have sessions of their own, from the first piece of the body to the end', async () => {
      notes.finishedIn.length = 0
      const bodies = Array.from({ length: 12 }, newNote)
      const pages = await Promise.all(bodies.map((body) => browse().post('/sessions', body)))
      const answers = pages.map((page) => JSON.parse(page.text) as Awaited<ReturnType<Notes['sessions']>>)
      assert.deepEqual(
        answers.map((it) => it.body),
        bodies,
      )
      const seen = answers.map((it) => it.seen[0])
      assert.ok(!seen.includes(0))
      assert.equal(new Set(seen).size, bodies.length)
      assert.deepEqual(
        answers.map((it) => it.seen[1]),
        seen,
      )
      await eventually(
        () => notes.finishedIn.toSorted(),
        (finished) => finished.length === application.finishes * bodies.length,
      )
      assert.ok(notes.finishedIn.every((it) => seen.includes(it)))
    })

    test('what is skipped has no session', async () => {
      const page = await browse().get('/assets/logo')
      assert.deepEqual([page.text, page.setCookies], ['0', []])
    })

    test('a forged token is an event, not an error', async () => {
      const refused = next(notes.pool, 'tokenRefused')
      const page = await browse({ sluice: 'v1.W10.forged' }).get('/notes')
      assert.equal(page.status, 200, page.text)
      assert.equal((await refused)['problem'], 'forged')
    })

    if (application.answers === 'settled') {
      test('a request that sees nothing new sets no cookie', async () => {
        const browser = browse()
        const first = await browser.get('/notes')
        assert.match(first.setCookies.join(), COOKIE)
        assert.deepEqual((await browser.get('/notes')).setCookies, [])
      })
    }
  })
}

function notesOf(page: Page): readonly string[] {
  assert.equal(page.status, 200, page.text)
  return JSON.parse(page.text)
}
