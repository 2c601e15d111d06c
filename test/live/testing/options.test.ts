import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError } from '../../../src/index.js'
import { OperationError, type StartClusterOptions, startCluster } from '../../../src/testing.js'
import { ask, failureOf } from '../../support/servers.js'

const folder = mkdtempSync(join(tmpdir(), 'options-'))
// Whoever runs the servers must get in.
chmodSync(folder, 0o711)
after(() => rmSync(folder, { recursive: true, force: true }))

/** Options as a program without types could give them. */
const start = (options: unknown) => startCluster(options as StartClusterOptions)

const wrong: readonly { readonly options: unknown; readonly says: string }[] = [
  { options: { replica: 2 }, says: 'replica: is not an option; did you mean replicas?, found undefined' },
  { options: { colour: 2 }, says: 'colour: is not an option, found undefined' },
  { options: { replicas: -1 }, says: 'replicas: must be a whole number from 0 to 8, found -1' },
  { options: { replicas: 9 }, says: 'replicas: must be a whole number from 0 to 8, found 9' },
  { options: { replicas: '2' }, says: "replicas: must be a whole number from 0 to 8, found '2'" },
  { options: { version: 13 }, says: 'version: must be one of 14, 15, 16, 17, 18, found 13' },
  { options: { version: '15' }, says: "version: must be one of 14, 15, 16, 17, 18, found '15'" },
  { options: { gates: 'no' }, says: "gates: must be true or false, found 'no'" },
  { options: { database: 'template1' }, says: "database: must not be one of PostgreSQL's own, found 'template1'" },
  {
    options: { database: 'a/b' },
    says: "database: must be without /, ? and #, which no URL can carry there, found 'a/b'",
  },
  { options: { settings: 'fsync=on' }, says: "settings: must be an object of names and texts, found 'fsync=on'" },
  { options: { settings: { port: '1' } }, says: "settings.port: is set by the test cluster itself, found '1'" },
  { options: { settings: { Port: '1' } }, says: "settings.Port: is set by the test cluster itself, found '1'" },
  { options: { settings: { work_mem: 4 } }, says: 'settings.work_mem: must be a text of one line, found 4' },
  {
    options: { settings: { 'a b': '1' } },
    says: "settings.a b: must be named as PostgreSQL names settings, found 'a b'",
  },
]

for (const { options, says } of wrong) {
  test(`options are refused: ${says}`, async () => {
    const error = await failureOf(start(options))
    assert.ok(error instanceof ConfigError, String(error))
    assert.equal(error.message, says)
  })
}

test('all that is wrong with the options is told at once', async () => {
  const error = await failureOf(start({ replicas: 1.5, gates: 1 }))
  assert.ok(error instanceof ConfigError)
  assert.deepEqual(
    error.problems.map((it) => it.path),
    ['replicas', 'gates'],
  )
})

for (const nothing of [null, 7, 'two']) {
  test(`instead of options ${JSON.stringify(nothing)} is refused`, async () => {
    await assert.rejects(start(nothing), /options: must be an object/)
  })
}

test('the settings of all that changes what the cluster lives by are refused', async () => {
  const names = 'password_encryption log_error_verbosity log_statement hba_file primary_conninfo'.split(' ')
  const error = await failureOf(start({ settings: Object.fromEntries(names.map((name) => [name, 'x'])) }))
  assert.ok(error instanceof ConfigError)
  assert.deepEqual(
    error.problems.map((it) => it.path),
    names.map((it) => `settings.${it}`),
  )
})

test('settings win on every node, even less connections than PostgreSQL has by itself', async (t) => {
  const wanted = { max_connections: '20', max_wal_senders: '4', MAX_WORKER_PROCESSES: '2', 'app.name': "it's" }
  const cluster = await startCluster(t, { settings: wanted })
  for (const node of cluster.nodes) {
    for (const [name, setting] of Object.entries(wanted))
      assert.deepEqual(await node.admin('select current_setting($1) as setting', [name]), [{ setting }])
  }
})

test('settings that bind the application do not bind the cluster', async (t) => {
  const settings = { default_transaction_read_only: 'on', statement_timeout: '1', synchronous_standby_names: 'nobody' }
  const cluster = await startCluster(t, { settings })
  await cluster.primary.admin('create table t (a int)')
  await cluster.primary.admin('select pg_sleep(0.05)')
  await cluster.waitForReplay()
})

test('a setting that PostgreSQL refuses is named, and nothing is left', async () => {
  const error = await failureOf(start({ dir: folder, settings: { work_mem: 'a lot' } }))
  assert.ok(error instanceof OperationError)
  assert.equal(error.step, 'start primary')
  assert.match(error.message, /invalid value for parameter "work_mem": "a lot"/)
  assert.deepEqual(readdirSync(folder), [])
})

test('a setting that leaves no room for replicas is named', async () => {
  const error = await failureOf(start({ dir: folder, settings: { max_replication_slots: '0' } }))
  assert.ok(error instanceof OperationError)
  assert.match(error.message, /^set up primary: .*max_replication_slots/)
})

for (const database of ['Mixed "Case"', 'ünï a:b@c&d=e+f%20']) {
  test(`the database may be called ${database}`, async (t) => {
    const { primary } = await startCluster(t, { replicas: 0, database })
    const [row] = await ask(
      primary.url,
      'select current_database() as name, pg_get_userbyid(datdba) as owner from pg_database where datname = current_database()',
    )
    assert.deepEqual(row, { name: database, owner: 'app' })
    assert.deepEqual(await primary.admin('select current_database() as name'), [{ name: database }])
  })
}

test('the folder is made where dir says', async (t) => {
  const cluster = await startCluster(t, { replicas: 0, dir: folder })
  assert.equal(dirname(dirname(cluster.primary.dataDir)), folder)
})

test('a folder that is not there is named, and the option that names another', async () => {
  const error = await failureOf(start({ dir: join(folder, 'nowhere') }))
  assert.ok(error instanceof OperationError)
  assert.match(error.message, /^make a folder: .*nowhere.*; name a folder in dir that is there and can be written$/)
})

test('without gates nothing passes through this process, and no network can be broken', async (t) => {
  const cluster = await startCluster(t, { gates: false })
  for (const node of cluster.nodes) assert.equal(new URL(node.url).port, new URL(node.adminUrl).port)
  const refusal = /was started with gates: false/
  for (const name of ['primary', 'replica-1']) {
    await assert.rejects(cluster.cut(name), refusal)
    await assert.rejects(cluster.halfOpen(name), refusal)
    await assert.rejects(cluster.delay(name, 1), refusal)
    assert.throws(() => cluster.node(name).upstream, refusal)
  }
})
