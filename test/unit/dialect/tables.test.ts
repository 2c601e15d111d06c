import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { classify } from '../../../src/dialect/postgresql/classify.js'
import { tablesFrom } from '../../../src/dialect/postgresql/table-groups.js'
import { touchedTables } from '../../../src/dialect/postgresql/touched-tables.js'

const relation = (one: string, schema: string, name: string, hidden: { reads?: boolean; writes?: boolean } = {}) => ({
  ...{ kind: 'relation', one, other: null, schema, name },
  ...{ reads_hidden: hidden.reads ?? false, writes_hidden: hidden.writes ?? false },
})
const bond = (kind: 'inherits' | 'reads' | 'cascades', one: string, other: string) => ({
  ...{ kind, one, other, schema: null, name: null, reads_hidden: null, writes_hidden: null },
})

/** Orders go with their customers, and lines with their orders; `named` reads orders through another view. */
const SHOP = tablesFrom([
  relation('1', 'public', 'customers'),
  relation('2', 'public', 'orders'),
  relation('3', 'public', 'lines'),
  bond('cascades', '1', '2'),
  bond('cascades', '2', '3'),
  relation('4', 'public', 'open_orders', { writes: true }),
  bond('reads', '4', '2'),
  relation('5', 'public', 'named', { writes: true }),
  bond('reads', '5', '4'),
  bond('reads', '5', '1'),
  relation('10', 'public', 'visits'),
  relation('11', 'public', 'visits_2026'),
  relation('12', 'public', 'visits_2026_11'),
  bond('inherits', '10', '11'),
  bond('inherits', '11', '12'),
  relation('20', 'public', 'audited', { writes: true }),
  relation('21', 'public', 'guarded', { reads: true, writes: true }),
  relation('22', 'public', 'guarded_ids', { writes: true }),
  bond('reads', '22', '21'),
  relation('30', 'public', 'twice'),
  relation('31', 'archive', 'twice'),
  relation('40', 'public', 'bag'),
  relation('41', 'public', 'bag_part', { writes: true }),
  bond('inherits', '40', '41'),
  relation('50', 'public', 'me'),
  bond('cascades', '50', '50'),
  relation('60', 'public', 'blind'),
  bond('cascades', '60', '20'),
  relation('70', 'public', 'of_system', { writes: true }),
  bond('reads', '70', '1259'),
])

describe('what a name touches', () => {
  for (const [name, reads, inserts, writes] of [
    ['customers', ['public.customers'], ['public.customers'], ['public.customers', 'public.lines', 'public.orders']],
    ['public.orders', ['public.orders'], ['public.orders'], ['public.lines', 'public.orders']],
    ['named', ['public.customers', 'public.orders'], undefined, undefined],
    ['visits_2026_11', ['public.visits'], ['public.visits'], ['public.visits']],
    ['audited', ['public.audited'], undefined, undefined],
    ['guarded_ids', undefined, undefined, undefined],
    ['twice', ['archive.twice', 'public.twice'], ['archive.twice', 'public.twice'], ['archive.twice', 'public.twice']],
    ['archive.twice', ['archive.twice'], ['archive.twice'], ['archive.twice']],
    ['bag', ['public.bag'], undefined, undefined],
    ['me', ['public.me'], ['public.me'], ['public.me']],
    ['blind', ['public.blind'], ['public.blind'], undefined],
    ['of_system', undefined, undefined, undefined],
    ['nobody', undefined, undefined, undefined],
  ] as const) {
    test(`${name}: read ${reads}, insert ${inserts}, write ${writes}`, () => {
      assert.deepEqual([SHOP.reads(name), SHOP.inserts(name), SHOP.writes(name)], [reads, inserts, writes])
    })
  }
})

const ORDERS = ['public.orders']
const ALL_OF_CUSTOMERS = ['public.customers', 'public.lines', 'public.orders']

describe('what a text touches', () => {
  for (const [text, groups] of [
    ['select * from orders', ORDERS],
    ['select now()', []],
    ['table public.orders', ORDERS],
    ['select * from "Orders"', undefined],
    ['select (select count(*) from "orders")', ORDERS],
    ['with mine as (select * from orders) select * from mine', ORDERS],
    ['with mine (id) as (select id from orders) select * from mine', undefined],
    ['select customers from orders', ['public.customers', 'public.orders']],
    ['select f(id) from orders', undefined],
    ["select query_to_xml('table orders', true, true, '')", undefined],
    ["select pg_relation_size('orders')", undefined],
    ['select * from pg_class', undefined],
    ['select * from orders for update', undefined],
    ['select * into kept from orders', undefined],
    ['explain select * from orders', undefined],
    ['copy orders to stdout', undefined],
    ['insert into lines values (1)', ['public.lines']],
    ['insert into customers (id) values (1)', ['public.customers']],
    ['insert into customers values (1) on conflict (id) do nothing', ALL_OF_CUSTOMERS],
    ['insert into customers select conflict (1)', undefined],
    ['insert into lines select id from visits_2026 returning *', ['public.lines', 'public.visits']],
    ["insert into lines values (nextval('lines_id'))", undefined],
    ['insert into lines values (f(1))', undefined],
    ['insert into unheard_of values (1)', undefined],
    ['update only public.orders set id = 1', ['public.lines', 'public.orders']],
    ['delete from customers using me', [...ALL_OF_CUSTOMERS, 'public.me']],
    ['merge into me using orders o on o.id = me.id when matched then delete', ['public.me', 'public.orders']],
    ['with gone as (delete from me returning *) select * from gone', undefined],
    ['insert into me with gone as (delete from orders returning id) select id from gone', undefined],
    ['with o as (select * from orders) insert into me select id from o', undefined],
    ['delete from me; delete from orders', undefined],
    ['delete from me;', ['public.me']],
    ['truncate me', undefined],
    ['call p()', undefined],
    ['create table t ()', undefined],
    ['begin', undefined],
    ['delete from named', undefined],
  ] as const) {
    test(`${text}: ${groups ?? 'anything'}`, () => {
      assert.deepEqual(touchedTables(text, classify(text), SHOP), groups)
    })
  }
})
