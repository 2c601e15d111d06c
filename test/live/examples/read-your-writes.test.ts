import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { leftovers } from '../../../scripts/leftovers.js'
import { Browser, type Page } from '../../support/browser.js'
import { eventually } from '../../support/pool.js'
import { type Example, removeFolder, startExample } from './example-process.js'

const NAME = 'read-your-writes'
const DEADLINE_MS = 60_000

let example: Example
let url: string

before(async () => {
  example = startExample(NAME, ['--json', '--port', '0'])
  url = JSON.parse(await example.firstLine).url
})
after(async () => {
  await example.stop()
  removeFolder(example)
})

interface Seen {
  readonly verdict: string
  readonly sentence: string
  /** By their columns. */
  readonly statements: readonly Readonly<Record<string, string>>[]
  /** The roles of the nodes that answered the reads of this page. */
  readonly readOn: readonly string[]
}

/** What stands on the page. */
function seenOn({ status, text }: Page): Seen {
  assert.equal(status, 200, text)
  const [, verdict = '', sentence = ''] = /data-verdict="(\w+)">\s*<span>([^<]*)</.exec(text) ?? []
  const rows = [...text.matchAll(/<tr data-intent.*?<\/tr>/gs)].map(([row]) =>
    Object.fromEntries(
      [...row.matchAll(/<td data-label="([^"]*)"><span>([^<]*)/g)].map(([, name, cell]) => [name, cell]),
    ),
  )
  const readOn = [...text.matchAll(/data-intent="read" data-role="(\w+)"/g)].map((match) => match[1]!)
  return { verdict, sentence, statements: rows, readOn }
}

interface Edited {
  /** The address that the answer led to. */
  readonly path: string
  readonly page: Seen
}

/** Edits, and looks at the page that the answer leads to. */
async function edit(browser: Browser, mode: string): Promise<Edited> {
  const answer = await browser.submit('/note', { mode, body: `in the mode ${mode}` })
  assert.equal(answer.status, 303, answer.text)
  return { path: answer.headers.get('location')!, page: seenOn(await answer.follow()) }
}

async function lag(ms: number): Promise<void> {
  const page = await new Browser(url).submit('/lag', { ms: String(ms) })
  assert.equal(page.status, 303, page.text)
}

const areReplicas = ({ readOn }: Seen) => readOn.every((role) => role === 'replica')

test('in the mode session no page is stale under a lag of 500 ms', async () => {
  await lag(500)
  const browser = new Browser(url)
  const verdicts: string[] = []
  for (let n = 0; n < 20; n++) verdicts.push((await edit(browser, 'session')).page.verdict)
  assert.deepEqual(verdicts, Array(20).fill('fresh'))
})

test('in the mode session replicas serve the page as soon as they show the save, and never before', async () => {
  await lag(500)
  const browser = new Browser(url)
  const { path, page } = await edit(browser, 'session')
  const looks = [page]
  const look = async () => looks[looks.push(seenOn(await browser.get(path))) - 1]!
  await eventually(look, areReplicas, DEADLINE_MS)
  assert.deepEqual([...new Set(looks.map((it) => it.verdict))], ['fresh'])
})

test('the page tells of each statement where it ran, why, and what was known of positions', async () => {
  await lag(500)
  const { statements } = (await edit(new Browser(url), 'session')).page
  const position = /^1\/\d+\/[\dA-F]+$/
  const [save, ...reads] = statements
  assert.deepEqual([save?.['Node'], save?.['Role'], save?.['Reason']], ['primary', 'primary', 'write'])
  assert.equal(reads.length, 2)
  for (const read of reads) {
    assert.match(read['Reason']!, /^(behind|read)$/)
    assert.match(read['Must see']!, position)
    assert.match(read['Had reached']!, position)
    assert.match(read['Waited']!, /^\d+ ms$/)
  }
})

test('in the mode eventual a page is stale under a lag of 500 ms, says so, and is fresh when the lag is over', async () => {
  await lag(500)
  const browser = new Browser(url)
  const isStale = ({ page }: Edited) => page.verdict === 'stale'
  const { path, page: stale } = await eventually(() => edit(browser, 'eventual'), isStale, DEADLINE_MS)
  const [, saved, shown] = /^stale: you saved version (\d+), this page shows version (\d+)$/.exec(stale.sentence) ?? []
  assert.ok(Number(shown) < Number(saved), stale.sentence)
  assert.ok(areReplicas(stale))
  const look = async () => seenOn(await browser.get(path))
  await eventually(look, ({ verdict }) => verdict === 'fresh', DEADLINE_MS)
})

test('a timer of 1 s keeps the page fresh until it is over, and not under a lag of 2 s', async () => {
  await lag(2000)
  const browser = new Browser(url)
  const held: Seen[] = []
  /** @returns the first page that was not read on the primary. */
  const editAndWaitForTimer = async () => {
    const { path, page } = await edit(browser, 'timer')
    const looks = [page]
    const look = async () => looks[looks.push(seenOn(await browser.get(path))) - 1]!
    const last = await eventually(look, areReplicas, DEADLINE_MS)
    held.push(...looks.filter(({ readOn }) => readOn.every((role) => role === 'primary')))
    return last
  }
  // On a slow machine the timer, or the lag, may be over before anybody looks: then once more.
  const hasShown = ({ verdict }: Seen) => held.length > 0 && verdict === 'stale'
  await eventually(editAndWaitForTimer, hasShown, 2 * DEADLINE_MS)
  for (const { verdict, statements } of held) {
    assert.equal(verdict, 'fresh')
    assert.equal(statements.at(-1)?.['Reason'], 'session-wrote')
  }
})

test('a program carries its session by the header', async () => {
  await lag(2000)
  const saving = { method: 'POST', headers: { 'x-sluice-session': '' }, body: JSON.stringify({ body: 'by a program' }) }
  const saved = await fetch(`${url}/api/note`, saving)
  assert.equal(saved.status, 201)
  assert.deepEqual(saved.headers.getSetCookie(), [])
  const { version } = (await saved.json()) as { version: number }
  const headers = { 'x-sluice-session': saved.headers.get('x-sluice-session')! }
  const seen = await (await fetch(`${url}/api/note?mode=session&saved=${version}`, { headers })).json()
  const { verdict, body, lagMs } = seen as Record<string, unknown>
  assert.deepEqual({ verdict, body, lagMs }, { verdict: 'fresh', body: 'by a program', lagMs: 2000 })
})

test('what a reader wrote is text, whatever it looks like', async () => {
  const answer = await new Browser(url).submit('/note', { body: '</textarea><script>alert("&\'")</script>' })
  const { text } = await answer.follow()
  assert.ok(text.includes('&lt;/textarea&gt;&lt;script&gt;alert(&quot;&amp;&#39;&quot;)&lt;/script&gt;'))
  assert.ok(!text.includes('<script'))
})

const REFUSED = [
  { what: 'an unknown mode', path: '/?mode=weekly' },
  { what: 'a version that is no number', path: '/?saved=seven' },
  { what: 'a version that was never saved', path: '/api/note?saved=2000000' },
  { what: 'a field given twice', path: '/?mode=timer&mode=session' },
  { what: 'an empty note', path: '/note', body: 'mode=session&body=+' },
  { what: 'a note that is too long', path: '/note', body: `body=${'x'.repeat(281)}` },
  { what: 'a character that PostgreSQL does not keep', path: '/note', body: 'body=a%00b' },
  { what: 'bytes that are no UTF-8', path: '/note', body: Buffer.from([0xff]) },
  { what: 'a lag that is not offered', path: '/lag', body: 'ms=10' },
  { what: 'text that is no JSON', path: '/api/note', body: '{"body":' },
  { what: 'JSON that is no object', path: '/api/note', body: '[]' },
  { what: 'a note that is no text', path: '/api/note', body: '{"body":1}' },
  { what: 'a lag that is no number of ours', path: '/api/lag', body: '{"ms":-1}' },
]

for (const { what, path, body } of REFUSED) {
  test(`${what} is answered by 400`, async () => {
    const response = await fetch(new URL(path, url), body === undefined ? {} : { method: 'POST', body })
    assert.equal(response.status, 400, await response.text())
  })
}

test('other methods, other paths and what is far too long have statuses of their own', async () => {
  const post = (path: string, body: string) => fetch(new URL(path, url), { method: 'POST', body })
  const answers = [await fetch(`${url}/nothing`), await post('/', ''), await post('/note', 'x'.repeat(100_000))]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 405, 413],
  )
  assert.equal(answers[1]!.headers.get('allow'), 'GET')
  await Promise.all(answers.map((it) => it.text()))
})

test('SIGTERM ends it with exit code 0 and leaves nothing, with connections of clients open', async (t) => {
  const own = startExample(NAME, ['--json', '--port', '0'])
  t.after(() => removeFolder(own))
  const { url } = JSON.parse(await own.firstLine)
  assert.ok(leftovers(own.folder).length > 0)
  assert.equal((await new Browser(url).get('/')).status, 200)
  const { code, err } = await own.stop()
  assert.deepEqual({ code, err }, { code: 0, err: '' })
  // The process that looks after the servers is the last to go.
  await eventually(
    () => leftovers(own.folder).map((it) => it.what),
    (left) => left.length === 0,
    DEADLINE_MS,
  )
})

test('the tour goes through every mode and lag, and finds stale pages where they must be', async (t) => {
  const own = startExample(NAME, ['--tour', '--json', '--pairs', '2'])
  t.after(() => removeFolder(own))
  const { code, out, err } = await own.ended
  assert.deepEqual({ code, err }, { code: 0, err: '' })
  const { rows, complaints } = JSON.parse(out)
  assert.equal(rows.length, 12)
  assert.deepEqual(complaints, [])
})

test('a wrong command line has an exit code of its own, and help shows all of them', async (t) => {
  for (const { args, code } of [
    { args: ['--port', '65536'], code: 2 },
    { args: ['--pairs', '0'], code: 2 },
    { args: ['--nonsense'], code: 2 },
    { args: ['--help'], code: 0 },
  ]) {
    const own = startExample(NAME, args)
    t.after(() => removeFolder(own))
    const ended = await own.ended
    assert.equal(ended.code, code, ended.err)
    assert.equal(/Exit codes:/.test(ended.out), code === 0)
  }
})
