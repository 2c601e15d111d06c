import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../../..')
const TESTS = join(ROOT, 'test')

interface Row {
  readonly makara: string
  readonly sluice: string
  readonly provedBy: string
}

const rows: readonly Row[] = readFileSync(join(ROOT, 'docs/from-makara.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\|(-+\||\s*Makara \|)/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  )
  .map(([makara = '', sluice = '', provedBy = '']) => ({ makara, sluice, provedBy }))

/** Every option that Makara reads, every role, and everything that its users call or meet. */
const MAKARA = [
  ...['connections', 'id', 'sticky', 'primary_ttl', 'blacklist_duration', 'disable_blacklist', 'primary_strategy'],
  ...['replica_strategy', 'primary_shard_aware', 'replica_shard_aware', 'primary_default_shard'],
  ...['replica_default_shard', 'connection_error_matchers', 'role', 'name', 'weight', 'shard_id', 'url'],
  ...['slave_strategy', 'slave_shard_aware', 'slave_default_shard', 'master_strategy', 'master_shard_aware'],
  ...['master_default_shard', 'master_ttl', 'rescue_connection_failures', 'adapter', 'role: master', 'role: slave'],
  ...['round_robin', 'failover', 'a strategy class', 'stick_to_primary!', 'without_sticking', 'Context.release(id)'],
  ...['Context.release_all', '_mkra_stck', 'Rack middleware', 'makara_shard_id', 'InvalidShard', 'hijack_method'],
  ...['AllConnectionsBlacklisted', 'NoConnectionsAvailable', 'BlacklistedWhileInTransaction', 'BlacklistConnection'],
  ...['matcher lists', 'SET LOCAL', 'transaction', 'logger', 'ERB', 'only primaries, or only replicas', 'send_to_all'],
  ...['Context.set_current', 'Context.next', 'Context.stick(id, ttl)', 'Context.stuck?', 'stick_to_master!'],
  ...['needs_master?', 'Makara::Cache.store=', '_mkra_ctxt', 'DATABASE_URL', '`SHOW`, `EXPLAIN`'],
]

/** Titles of all tests, wherever they stand in a call of `test` or in a table of cases. */
function textsInTests(): string {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  const tests = files.filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
  return tests.map((file) => readFileSync(join(TESTS, file), 'utf8')).join('\n')
}

test('the table of docs/from-makara.md leaves out nothing that Makara has', () => {
  const table = rows.map((it) => it.makara).join('\n')
  const missing = MAKARA.filter((it) => !table.includes(it))

  assert.deepEqual(missing, [])
})

test('every row of docs/from-makara.md is proved by a test', () => {
  const texts = textsInTests()
  const hasTest = ({ provedBy }: Row) => {
    return ["'", '"'].some((quote) => texts.includes(`${quote}${provedBy}${quote}`))
  }
  const unproved = rows.filter((row) => row.provedBy !== 'not applicable' && !hasTest(row))

  assert.ok(rows.length > 60, `${rows.length} rows`)
  assert.deepEqual(unproved, [])
})
