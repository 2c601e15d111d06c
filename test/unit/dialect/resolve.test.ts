import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogueFromRows } from '../../../src/dialect/postgresql/catalogue.js'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { resolve } from '../../../src/dialect/postgresql/resolve.js'

const catalogue = catalogueFromRows(
  [
    { kind: 'f', schema: 'public', name: 'writes', needs_primary: true },
    { kind: 'f', schema: 'public', name: 'reads', needs_primary: false },
    { kind: 'f', schema: 'one', name: 'either', needs_primary: false },
    { kind: 'f', schema: 'two', name: 'either', needs_primary: true },
    { kind: 'f', schema: 'public', name: 'Mixed', needs_primary: false },
    { kind: 'r', schema: 'public', name: 'scratch', needs_primary: true },
    { kind: 'r', schema: 'Shop', name: 'Cart', needs_primary: true },
  ],
  3,
)

interface Lists {
  readonly read?: readonly string[]
  readonly write?: readonly string[]
  readonly primary?: readonly string[]
}

function verdict(text: string, lists: Lists = {}, known = true): string {
  const found = resolve(classify(text), known ? catalogue : undefined, {
    readFunctions: new Set(lists.read),
    writeFunctions: new Set(lists.write),
    primaryTables: new Set(lists.primary),
  })
  return [found.route, found.reason, found.detail].filter((it) => it !== undefined).join(' ')
}

test('the catalogue tells functions that may write from those that only read', () => {
  assert.equal(verdict('select writes()'), 'primary volatile-function writes')
  assert.equal(verdict('select public.reads(1)'), 'replica plain-read')
  assert.equal(verdict('select reads(1), writes()'), 'primary volatile-function writes')
})

test('a function that the catalogue does not have may write', () => {
  assert.equal(verdict('select other()'), 'primary unknown-function other')
  assert.equal(verdict('select reads(1)', {}, false), 'primary unknown-function reads')
})

test('a name without a schema counts as volatile if one function of that name is', () => {
  assert.equal(verdict('select either()'), 'primary volatile-function either')
  assert.equal(verdict('select one.either()'), 'replica plain-read')
  assert.equal(verdict('select two.either()'), 'primary volatile-function two.either')
})

test('a quoted name is told from another by its case, as the server does', () => {
  assert.equal(verdict('select "Mixed"()'), 'replica plain-read')
  assert.equal(verdict('select Mixed()'), 'primary unknown-function mixed')
  assert.equal(verdict('select * from "Shop"."Cart"'), 'primary unreadable-relation Shop.Cart')
  assert.equal(verdict('select * from shop.cart'), 'replica plain-read')
})

test('a name of three parts is looked up without its database', () => {
  assert.equal(verdict('select app.public.reads()'), 'replica plain-read')
  assert.equal(verdict('select * from app.public.scratch'), 'primary unreadable-relation public.scratch')
})

test('the user’s lists beat the catalogue', () => {
  assert.equal(verdict('select writes()', { read: ['writes'] }), 'replica plain-read')
  assert.equal(verdict('select public.writes()', { read: ['writes'] }), 'replica plain-read')
  assert.equal(verdict('select one.writes()', { read: ['public.writes'] }), 'primary unknown-function one.writes')
  assert.equal(verdict('select reads()', { write: ['reads'] }), 'primary write-function reads')
  assert.equal(verdict('select other()', { read: ['other'] }, false), 'replica plain-read')
  assert.equal(verdict('select reads()', { read: ['reads'], write: ['reads'] }), 'primary write-function reads')
})

test('a table that is only read on the primary, in any schema, or in the one that was named', () => {
  const primary = ['sequelizemeta', 'app.flags']
  assert.equal(verdict('select * from "SequelizeMeta"', { primary }), 'primary primary-table SequelizeMeta')
  assert.equal(verdict('select 1 from t join app.flags on true', { primary }), 'primary primary-table app.flags')
  assert.equal(verdict('select * from other.flags', { primary }), 'replica plain-read')
})

test('the user’s lists beat what is known of built-in functions', () => {
  assert.equal(verdict('select pg_sleep(1)', { write: ['pg_sleep'] }), 'primary write-function pg_sleep')
  assert.equal(verdict('select pg_catalog.pg_sleep(1)', { write: ['pg_sleep'] }), 'primary write-function pg_sleep')
  assert.equal(verdict('select pg_blocking_pids(1)', { read: ['pg_blocking_pids'] }), 'replica plain-read')
  const both = 'select pg_blocking_pids(1), pg_current_wal_lsn()'
  assert.equal(verdict(both, { read: ['pg_blocking_pids'] }), 'primary primary-function pg_current_wal_lsn')
  assert.equal(verdict(both, { read: ['pg_blocking_pids', 'pg_current_wal_lsn'] }), 'replica plain-read')
})

test('no list makes a read of what the statement itself does', () => {
  const read = ['nextval', 'writes']
  assert.equal(verdict("select nextval('a') from t for update", { read }), 'primary locking-read')
  assert.equal(verdict("insert into t select nextval('a')", { read }), 'primary write')
  assert.equal(verdict("begin; select nextval('a')", { read }), 'primary primary-function nextval')
})

test('a relation that a replica cannot serve binds its readers to the primary', () => {
  assert.equal(verdict('select * from t, scratch'), 'primary unreadable-relation scratch')
  assert.equal(verdict('select * from scratch', {}, false), 'replica plain-read')
  assert.equal(verdict('select scratch.a from (select 1 as a) scratch'), 'replica plain-read')
})

test('a read that sets something and turns out to write keeps its connection', () => {
  const found = resolve(classify("select set_config('a', 'b', false), writes()"), catalogue, {
    readFunctions: new Set(),
    writeFunctions: new Set(),
    primaryTables: new Set(),
  })
  assert.deepEqual(
    found.effects.map((it) => it.kind),
    ['set', 'needs-connection'],
  )
})

test('a classification that nothing changes is given back as it is', () => {
  const found = classify('select reads(1) from t')
  assert.equal(
    resolve(found, catalogue, { readFunctions: new Set(), writeFunctions: new Set(), primaryTables: new Set() }),
    found,
  )
})
