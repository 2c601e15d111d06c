import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { catalogueFromRows } from '../../../src/dialect/postgresql/catalogue.js'
import { CATALOGUE_QUERY } from '../../../src/dialect/postgresql/catalogue-query.js'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { HARMLESS_FUNCTIONS } from '../../../src/dialect/postgresql/harmless-functions.js'
import { PRIMARY_FUNCTIONS } from '../../../src/dialect/postgresql/primary-functions.js'
import { resolve } from '../../../src/dialect/postgresql/resolve.js'
import type { Catalogue } from '../../../src/model/intent.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { NOT_READS, READS, SETTINGS } from './corpus.js'

const NO_LISTS = { readFunctions: new Set<string>(), writeFunctions: new Set<string>() }
/** SQLSTATEs with which a hot standby refuses as a standby. */
const REFUSALS = new Set(['25006', '0A000', '55000', 'XX000'])

const HARMLESS = new Set(HARMLESS_FUNCTIONS)

let cluster: TestCluster
let standby: pg.Client
let catalogue: Catalogue

before(async () => {
  cluster = await startCluster({ replicas: 1 })
  const { primary } = cluster
  await primary.admin('create table notes (id int, body text)')
  await primary.admin('create table more (id int, note int)')
  await primary.admin('create sequence numbers')
  await primary.admin('create unlogged table scratchpad (a int)')
  await primary.admin('create view peeks as select * from scratchpad')
  await primary.admin(
    "create function writes() returns int language plpgsql as $$ begin insert into notes values (1, 'w'); return 1; end $$",
  )
  await cluster.waitForReplay()
  catalogue = catalogueFromRows(await primary.admin(CATALOGUE_QUERY), 1)
  standby = new pg.Client({ connectionString: cluster.replicas[0]?.adminUrl })
  await standby.connect()
})

after(async () => {
  await standby?.end()
  await cluster?.stop()
})

function routeOf(sql: string): string {
  return resolve(classify(sql), catalogue, NO_LISTS).route
}

for (const sql of READS) {
  test(`a standby takes, and we call a read: ${sql}`, async () => {
    assert.equal(routeOf(sql), 'replica', JSON.stringify(resolve(classify(sql), catalogue, NO_LISTS)))
    if (!sql.startsWith('copy') && !isTooNew(sql)) await standby.query(sql)
  })
}

for (const sql of NOT_READS) {
  test(`kept from a standby: ${sql}`, () => assert.equal(routeOf(sql), 'primary'))
}

for (const sql of SETTINGS) {
  test(`for every connection of the session: ${sql}`, () => assert.equal(routeOf(sql), 'all'))
}

test('whatever the standby refuses as a standby, we had kept from it', async () => {
  const refused: string[] = []
  for (const sql of [...NOT_READS, ...READS, ...SETTINGS].filter((it) => !it.includes('copy '))) {
    await standby.query('rollback').catch(() => undefined)
    const code = await standby.query(sql).then(
      () => undefined,
      (error: { code?: string }) => error.code,
    )
    if (code !== undefined && REFUSALS.has(code)) refused.push(sql)
  }
  assert.ok(refused.length > 40, `${refused.length} refusals`)
  assert.deepEqual(
    refused.filter((sql) => routeOf(sql) === 'replica'),
    [],
  )
})

test('every built-in function of this server is known, and the volatile ones are judged', async () => {
  const rows = await cluster.primary.admin<{ name: string }>(`
    select distinct proname as name from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and prokind in ('f', 'a', 'w')
      and not (prorettype in ('internal'::regtype, 'trigger'::regtype, 'event_trigger'::regtype, 'cstring'::regtype,
        'language_handler'::regtype, 'fdw_handler'::regtype, 'index_am_handler'::regtype, 'table_am_handler'::regtype,
        'tsm_handler'::regtype) or 'internal'::regtype = any(proargtypes) or 'cstring'::regtype = any(proargtypes))`)
  const unknown = rows.map((row) => row.name).filter((name) => !(name in PRIMARY_FUNCTIONS) && !HARMLESS.has(name))
  assert.deepEqual(unknown, [])
})

test('the volatile built-in functions that we call harmless are these, and no others', async () => {
  const rows = await cluster.primary.admin<{ name: string }>(`
    select distinct proname as name from pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and provolatile = 'v' and prokind in ('f', 'a', 'w')
      and prorettype not in ('internal'::regtype, 'trigger'::regtype, 'event_trigger'::regtype, 'cstring'::regtype)`)
  const harmless = rows.map((row) => row.name).filter((name) => HARMLESS.has(name))
  assert.deepEqual(
    harmless.filter((name) => !HARMLESS_VOLATILE.has(name)),
    [],
  )
})

/** Each read what it is: answers from this server or from chance, and leaves nothing behind. */
const HARMLESS_VOLATILE = new Set(
  (
    'amvalidate array_sample array_shuffle clock_timestamp current_query currtid2 gen_random_uuid lo_get pg_collation_actual_version ' +
    'pg_database_collation_actual_version pg_database_size pg_get_multixact_members pg_get_wait_events ' +
    'pg_get_wal_replay_pause_state pg_get_wal_resource_managers pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused ' +
    'pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system pg_last_committed_xact ' +
    'pg_stat_clear_snapshot pg_stat_force_next_flush pg_xact_commit_timestamp pg_xact_commit_timestamp_origin ' +
    'plpgsql_validator pg_jit_available pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_partition_ancestors ' +
    'pg_partition_tree pg_relation_size pg_sequence_last_value pg_sleep pg_sleep_for pg_sleep_until pg_table_size ' +
    'pg_tablespace_size pg_total_relation_size random random_normal timeofday uuidv4 uuidv7'
  ).split(' '),
)

/** Syntax that the oldest supported servers do not have. */
function isTooNew(sql: string): boolean {
  return cluster.major < 15 && sql.includes('merge')
}
