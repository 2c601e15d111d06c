import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { HARMLESS_FUNCTIONS } from '../../../src/dialect/postgresql/harmless-functions.js'
import { COLUMN_WORDS, RESERVED_WORDS, TYPE_WORDS } from '../../../src/dialect/postgresql/keywords.js'
import { PRIMARY_FUNCTIONS } from '../../../src/dialect/postgresql/primary-functions.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'

/** Run once for each supported major by `npm run test:versions`. */
let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ replicas: 0 })
})
after(() => cluster?.stop())

const HARMLESS = new Set(HARMLESS_FUNCTIONS)

/** What SQL can call: no argument and no result of a type that only C knows. */
const CALLABLE = `pronamespace = 'pg_catalog'::regnamespace and prokind in ('f', 'a', 'w')
  and prorettype not in ('internal'::regtype, 'trigger'::regtype, 'event_trigger'::regtype, 'language_handler'::regtype,
    'fdw_handler'::regtype, 'index_am_handler'::regtype, 'table_am_handler'::regtype, 'tsm_handler'::regtype)
  and 'internal'::regtype <> all (proargtypes) and 'cstring'::regtype <> all (proargtypes)`

async function names(where: string): Promise<readonly string[]> {
  const rows = await cluster.primary.admin<{ name: string }>(
    `select distinct proname as name from pg_proc where ${CALLABLE} and ${where} order by 1`,
  )
  return rows.map((row) => row.name)
}

test('every built-in function of this server is in one of the two lists, and in one only', async () => {
  const all = await names('true')
  assert.ok(all.length > 2000)
  assert.deepEqual(
    all.filter((name) => HARMLESS.has(name) === name in PRIMARY_FUNCTIONS),
    [],
  )
})

test('every volatile built-in function that may run on a replica was judged by a person', async () => {
  const volatile = await names("provolatile = 'v'")
  assert.deepEqual(
    volatile.filter((name) => HARMLESS.has(name) && !JUDGED.has(name)),
    [],
  )
})

/** Each answers from this server or from chance, and leaves nothing behind. */
const JUDGED = new Set(
  `amvalidate array_sample array_shuffle clock_timestamp current_query currtid2 gen_random_uuid lo_get
  pg_available_wal_summaries pg_collation_actual_version pg_control_checkpoint pg_control_init pg_control_recovery
  pg_control_system pg_database_collation_actual_version pg_database_size pg_get_loaded_modules pg_get_multixact_members
  pg_get_sequence_data pg_get_wait_events pg_get_wal_replay_pause_state pg_get_wal_resource_managers
  pg_get_wal_summarizer_state pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused pg_jit_available
  pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp
  pg_partition_ancestors pg_partition_tree pg_relation_size pg_sequence_last_value pg_sleep pg_sleep_for pg_sleep_until
  pg_stat_clear_snapshot pg_stat_force_next_flush pg_table_size pg_tablespace_size pg_total_relation_size
  pg_wal_summary_contents pg_xact_commit_timestamp pg_xact_commit_timestamp_origin plpgsql_validator random random_normal
  timeofday timezone uuidv4 uuidv7`.split(/\s+/),
)

test('the key words of this server are the ones that we know', async () => {
  const rows = await cluster.primary.admin<{ word: string; catcode: string }>('select * from pg_get_keywords()')
  const kinds = { R: RESERVED_WORDS, T: TYPE_WORDS, C: COLUMN_WORDS } as const
  const missing = rows.filter(({ word, catcode }) => catcode !== 'U' && !kinds[catcode as 'R'].has(word))
  // Since 17, JSON is a kind of its own to the grammar.
  assert.deepEqual(
    missing.map(({ word }) => word).filter((word) => !COLUMN_WORDS.has(word)),
    [],
  )
})
