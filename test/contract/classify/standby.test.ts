import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { catalogueFromRows } from '../../../src/dialect/postgresql/catalogue.js'
import { CATALOGUE_QUERY } from '../../../src/dialect/postgresql/catalogue-query.js'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { resolve } from '../../../src/dialect/postgresql/resolve.js'
import type { Catalogue, Classification } from '../../../src/model/intent.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { SCHEMA } from '../../tables/classify/case.js'
import { GROUPS } from '../../tables/classify/groups.js'

const NO_LISTS = {
  readFunctions: new Set<string>(),
  writeFunctions: new Set<string>(),
  primaryTables: new Set<string>(),
}
/** SQLSTATEs with which a hot standby refuses as a standby; the last three mean other things too. */
const REFUSALS = new Set(['25006', '0A000', '55000', 'XX000'])
const SYNTAX_ERROR = '42601'
/** Each would end the standby or the test's own connection, or waits for a client that copies, or for parameters. */
const NOT_RUN = ['pg_promote', 'pg_terminate', 'copy ', 'COPY ', '\0', '($1']

let cluster: TestCluster
let standby: pg.Client
let catalogue: Catalogue

before(async () => {
  cluster = await startCluster({ replicas: 1 })
  await cluster.primary.admin(SCHEMA.join(';\n'))
  await cluster.waitForReplay()
  catalogue = catalogueFromRows(await cluster.primary.admin(CATALOGUE_QUERY), 1)
  standby = new pg.Client({ connectionString: cluster.replicas[0]?.adminUrl })
  await standby.connect()
})

after(async () => {
  await standby?.end()
  await cluster?.stop()
})

function found(text: string): Classification {
  return resolve(classify(text), catalogue, NO_LISTS)
}

/** The code with which the standby refuses the text; `undefined` when it takes it. It is left as it was. */
async function refusalOf(text: string): Promise<string | undefined> {
  const code = await standby.query(text).then(
    () => undefined,
    (error: { code?: string }) => error.code ?? 'no code',
  )
  await standby.query('rollback; reset all; discard all').catch(() => standby.query('rollback'))
  return code
}

for (const { title, route, reason, texts } of GROUPS) {
  test(`with a server's own catalogue, ${title} goes to ${route}, ${reason}`, () => {
    for (const text of texts) assert.deepEqual({ text, ...pick(found(text)) }, { text, route, reason })
  })
}

function pick({ route, reason }: Classification): { readonly route: string; readonly reason: string } {
  return { route, reason }
}

const runnable = GROUPS.map((group) => ({
  ...group,
  texts: group.texts.filter((text) => NOT_RUN.every((it) => !text.includes(it))),
}))

for (const { title, texts } of runnable.filter(({ route }) => route === 'replica')) {
  test(`a standby takes what we send it: ${title}`, async () => {
    for (const text of texts) {
      const code = await refusalOf(text)
      // Older servers do not know the newest syntax.
      if (code !== SYNTAX_ERROR) assert.equal(code, undefined, text)
    }
  })
}

test('whatever a standby refuses as a standby, we keep from it', async () => {
  const refused: string[] = []
  for (const text of runnable.flatMap((group) => group.texts)) {
    if (REFUSALS.has((await refusalOf(text)) ?? '')) refused.push(text)
  }
  assert.ok(refused.length > 200, `${refused.length} refusals`)
  assert.deepEqual(
    refused.filter((text) => found(text).route === 'replica'),
    [],
  )
})

test('a session whose transactions are serializable is refused everything, so its setting holds it to the primary', async () => {
  await standby.query("set default_transaction_isolation = 'serializable'")
  const code = await standby.query('select 1').catch((error: { code: string }) => error.code)
  await standby.query('set default_transaction_isolation to default')
  assert.equal(code, '0A000')
})
