import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { catalogueFromRows } from '../../../src/dialect/postgresql/catalogue.js'
import { CATALOGUE_QUERY } from '../../../src/dialect/postgresql/catalogue-query.js'
import type { Catalogue } from '../../../src/model/intent.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'

const SCHEMA: readonly string[] = [
  'create table plain (id int primary key)',
  'create unlogged table scratch (id int)',
  'create sequence numbers',
  'create view over_scratch as select * from scratch',
  'create view over_view as select * from (select * from over_scratch) x',
  'create materialized view copied as select * from scratch',
  'create view over_copied as select * from copied',
  'create table parted (id int) partition by range (id)',
  'create unlogged table part partition of parted for values from (1) to (2)',
  'create view over_parted as select * from parted',
  "create function draws() returns int language sql volatile as 'select 1'",
  "create function steady() returns int language sql stable as 'select 1'",
  "create function often(int) returns int language sql immutable as 'select 1'",
  "create function often(text) returns int language sql volatile as 'select 1'",
  "create procedure proceeds() language sql as 'select 1'",
  'create aggregate total (int) (sfunc = int4pl, stype = int)',
  'create view calls as select draws() as n',
  'create view over_calls as select 1 from plain where exists (select 1 from calls)',
  "create view advances as select nextval('numbers') as n",
  'create view locks as select * from plain for update',
  'create view fine as select id, now(), random(), steady() from plain',
  'create table guarded (id int)',
  'alter table guarded enable row level security',
  'create policy p on guarded using (id = draws())',
  'create view over_guarded as select * from guarded',
  'create schema "Odd Schema"',
  'create unlogged table "Odd Schema"."Odd Table" (id int)',
]

let cluster: TestCluster
let catalogue: Catalogue

before(async () => {
  cluster = await startCluster({ replicas: 0 })
  await cluster.primary.admin(SCHEMA.join(';\n'))
  catalogue = catalogueFromRows(await cluster.primary.admin(CATALOGUE_QUERY), 7)
})
after(() => cluster?.stop())

test('unlogged tables and all that reads them need the primary', () => {
  for (const name of [
    'scratch',
    'over_scratch',
    'over_view',
    'part',
    'parted',
    'over_parted',
    'Odd Schema.Odd Table',
  ]) {
    assert.ok(catalogue.needsPrimary(name), name)
  }
  assert.ok(catalogue.needsPrimary('public.scratch'))
})

test('views that call what writes, or lock, need the primary, however deep', () => {
  for (const name of ['calls', 'over_calls', 'advances', 'locks', 'guarded', 'over_guarded']) {
    assert.ok(catalogue.needsPrimary(name), name)
  }
})

test('everything else may be read from a replica', () => {
  for (const name of [
    'plain',
    'fine',
    'copied',
    'over_copied',
    'numbers',
    'public.plain',
    'nowhere',
    'pg_class',
    'odd table',
  ]) {
    assert.ok(!catalogue.needsPrimary(name), name)
  }
})

test('a function is as volatile as the most volatile of its name', () => {
  const verdicts = [
    'draws',
    'public.draws',
    'steady',
    'often',
    'total',
    'nowhere',
    'proceeds',
    'other.draws',
    'now',
  ].map((name) => [name, catalogue.functionVolatility(name)])
  assert.deepEqual(Object.fromEntries(verdicts), {
    draws: 'volatile',
    'public.draws': 'volatile',
    steady: 'harmless',
    often: 'volatile',
    total: 'harmless',
    nowhere: 'unknown',
    proceeds: 'unknown',
    'other.draws': 'unknown',
    now: 'unknown',
  })
  assert.equal(catalogue.version, 7)
})

test('an application that may do little can read the catalogue', async (t) => {
  const client = new pg.Client({ connectionString: cluster.primary.url })
  t.after(() => client.end())
  await client.connect()
  const { rows } = await client.query(CATALOGUE_QUERY)
  assert.ok(catalogueFromRows(rows, 1).needsPrimary('scratch'))
})
