import type { Destination, Intent } from '../../../src/model/intent.js'

/** Texts that belong to one place for one reason. */
export interface Group {
  readonly title: string
  readonly route: Destination
  readonly intent: Intent
  readonly reason: string
  /** The name that decides, if it is the same in each. */
  readonly detail?: string
  readonly texts: readonly string[]
}

/** The relations that the texts name; a standby that has them executes every read here. */
export const SCHEMA: readonly string[] = [
  'create table notes (id int primary key, body text, author int, tags text[], doc jsonb, written timestamptz)',
  'create table more (id int, note int)',
  'create table odd ("update" int, share int, "delete" int, insert int, value int, path text, first int, zone text, "for" int, by int, filter int, set int)',
  'create table "Mixed Case" ("Col" int, "a""b" int)',
  'create schema shop',
  'create table shop.book (id int, title text)',
  'create table parted (id int) partition by range (id)',
  'create table parted_1 partition of parted for values from (1) to (10)',
  'create view titles as select title from shop.book',
  'create sequence numbers',
  'create unlogged table scratchpad (a int)',
  'create view peeks as select * from scratchpad',
  'create view peeks_again as select * from (select * from peeks) p',
  'create view locks as select * from notes for update',
  "create view draws as select nextval('numbers') as n",
  'create table parent (id int)',
  'create unlogged table child () inherits (parent)',
  'create function writes() returns int language plpgsql as $$ begin insert into more values (1, 1); return 1; end $$',
  'create function harmless(int) returns int language sql stable as $$ select $1 $$',
  'create function shop.price(int) returns int language sql immutable as $$ select $1 $$',
  'create view counted as select writes() as n',
  'create type pair as (a int, b int)',
]
