import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ConfigError, currentSession, sessionFrom, sessionTokens } from '../../../src/index.js'
import { type NextCookies, withSluice, withSluicePage } from '../../../src/next.js'
import type { Pool } from '../../../src/pg.js'
import type { TestCluster } from '../../../src/testing.js'
import { staleReplica } from './stale-replica.js'

let cluster: TestCluster
let pool: Pool

before(async () => {
  ;({ cluster, pool } = await staleReplica())
})
after(async () => {
  await pool?.end()
  await cluster?.stop()
})

const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })

interface SetCookie {
  readonly name: string
  readonly value: string
  readonly attributes: object
}

/** What `next/headers` gives around one request: set cookies can be read at once. */
function nextHeaders(brought: Readonly<Record<string, string>> = {}, protocol = 'http') {
  const set: SetCookie[] = []
  const values = new Map(Object.entries(brought))
  const cookies: NextCookies = {
    get: (name) => (values.has(name) ? { value: values.get(name) ?? '' } : undefined),
    set: (name, value, attributes) => [set.push({ name, value, attributes }), values.set(name, value)],
  }
  const headers = { get: (name: string) => (name === 'x-forwarded-proto' ? protocol : null) }
  return { set, next: { cookies: async () => cookies, headers: async () => headers } }
}

const add = (body: string) => pool.query('insert into notes (body) values ($1)', [body])
const has = async (body: string) => (await pool.query('select from notes where body = $1', [body])).rowCount === 1

test('what a server action wrote, the page that is rendered after it sees', async () => {
  const { set, next } = nextHeaders()
  const action = withSluice((form: FormData) => add(String(form.get('note'))), { tokens, ...next })
  const form = new FormData()
  form.set('note', 'by action')
  await action(form)
  assert.equal(set.length, 1)
  assert.deepEqual(set[0]?.attributes, { httpOnly: true, sameSite: 'lax', path: '/', secure: false, maxAge: 3600 })

  const page = withSluicePage(() => has('by action'), { tokens, ...next })
  assert.equal(await page(), true)
  assert.equal(await has('by action'), false)
  assert.equal(set.length, 1)
})

test('the cookie of an action is secure where Next.js says that the request is', async () => {
  const { set, next } = nextHeaders({}, 'https')
  await withSluice(() => add('over TLS'), { tokens, ...next })()
  assert.deepEqual(set[0]?.attributes, { httpOnly: true, sameSite: 'lax', path: '/', secure: true, maxAge: 3600 })
})

test('an action that reads on from a token that it was sent needs no new cookie', async () => {
  const first = nextHeaders()
  await withSluice(() => has('nothing'), { tokens, ...first.next })()
  const second = nextHeaders({ sluice: first.set[0]?.value ?? '' })
  await withSluice(() => has('nothing'), { tokens, ...second.next })()
  assert.deepEqual([first.set.length, second.set.length], [1, 0])
})

test('what is thrown after a write goes through, and the cookie is set', async () => {
  const redirect = new Error('NEXT_REDIRECT')
  const leave = async (_from: unknown) => {
    await add('before a redirect')
    throw redirect
  }
  const ofAction = nextHeaders()
  await assert.rejects(withSluice(leave, { tokens, ...ofAction.next })('an argument'), redirect)
  const ofHandler = nextHeaders()
  await assert.rejects(withSluice(leave, { tokens, ...ofHandler.next })(request()), redirect)
  assert.deepEqual([ofAction.set.length, ofHandler.set.length], [1, 1])
})

test('a response whose headers cannot be changed is copied', async () => {
  const handler = withSluice(
    async (_request: Request) => {
      await add('before Response.redirect')
      return Response.redirect('http://shop.example/notes', 303)
    },
    { tokens },
  )
  const response = await handler(request())
  assert.deepEqual([response.status, response.headers.get('location')], [303, 'http://shop.example/notes'])
  const [, token] = /^sluice=([^;]*)/.exec(response.headers.getSetCookie()[0] ?? '') ?? []
  assert.equal(await sessionFrom(token, { tokens }).run(() => has('before Response.redirect')), true)
})

test('the cookie of a route handler is secure where the URL is', async () => {
  const handler = withSluice(async (_request: Request) => Response.json(await has('nothing')), { tokens })
  const response = await handler(new Request('https://shop.example/notes'))
  assert.match(response.headers.getSetCookie().join(), /; Secure;/)
})

test('arguments and results pass as they are', async () => {
  const context = { params: Promise.resolve({ id: '7' }) }
  const handler = withSluice(
    async (_request: Request, { params }: typeof context) => [(await params).id, currentSession() !== undefined],
    { tokens, shard: (from) => from.headers.get('x-shard') ?? undefined },
  )
  assert.deepEqual(await handler(request(), context), ['7', true])
})

test('an action needs cookies() and headers() of next/headers', async () => {
  await assert.rejects(withSluice(() => 1, { tokens })(), ConfigError)
  const { cookies } = nextHeaders().next
  assert.throws(() => withSluice(() => 1, { tokens, cookies }), /headers: must be given where cookies is/)
})

function request(): Request {
  return new Request('http://shop.example/notes', { method: 'POST' })
}
