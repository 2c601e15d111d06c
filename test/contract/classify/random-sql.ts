import { COLUMN_WORDS, KEYWORDS, RESERVED_WORDS, TYPE_WORDS } from '../../../src/dialect/postgresql/keywords.js'

/** A source of numbers from 0 to 1 that repeats: a failure can be seen again. */
export type Random = () => number

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

const RESERVED = [...RESERVED_WORDS]
const TYPES = [...TYPE_WORDS]
const COLUMNS = [...COLUMN_WORDS]
const UNRESERVED = [
  ...[...KEYWORDS.keys()].filter((it) => !RESERVED_WORDS.has(it) && !TYPE_WORDS.has(it) && !COLUMN_WORDS.has(it)),
  ...[
    'day',
    'filter',
    'over',
    'second',
    'ordinality',
    'format',
    'within',
    'type',
    'columns',
    'sets',
    'varying',
    'replace',
  ],
]

const DEEPEST_EXPRESSION = 5
const DEEPEST_QUERY = 6

/**
 * Random statements, most of them queries, with every construct of PostgreSQL's grammar that a classifier could stumble
 * over, and key words as names wherever the grammar allows it, and often where it does not: the parser has the last word.
 */
export class RandomSql {
  readonly #random: Random
  #depth = 0

  constructor(random: Random) {
    this.#random = random
  }

  statement(): string {
    this.#depth = 0
    const query = () => this.#query()
    return this.#one(
      query,
      query,
      query,
      () => `explain ${query()}`,
      () => `explain analyze ${query()}`,
      () => `explain (${this.#pick(EXPLAIN_OPTIONS)}) ${query()}`,
      () => `copy (${query()}) to stdout`,
      () => `with ${this.#cte()} ${this.#pick(['update t set a = 1', 'delete from t', 'insert into t select 1'])}`,
    )
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T
  }

  #one(...makers: readonly (() => string)[]): string {
    return this.#pick(makers)()
  }

  #maybe(share: number, make: () => string): string {
    return this.#random() < share ? make() : ''
  }

  /** As deep as `make` goes, and no deeper than `limit`. */
  #nested(limit: number, flat: () => string, make: () => string): string {
    this.#depth++
    try {
      return this.#depth > limit ? flat() : make()
    } finally {
      this.#depth--
    }
  }

  #query(): string {
    return this.#nested(
      DEEPEST_QUERY,
      () => 'select 1',
      () =>
        this.#one(
          () => this.#select() + this.#tail() + this.#lock(),
          () => this.#select() + this.#tail() + this.#lock(),
          () => `values (${this.#expression()}), (${this.#expression()})`,
          () => `table ${this.#table()}`,
          () => `(${this.#query()})${this.#tail()}${this.#lock()}`,
          () => `${this.#select()} union all ${this.#select()}${this.#tail()}`,
          () => `(${this.#query()}) except (${this.#query()})`,
          () => `${this.#select()} intersect (${this.#query()})`,
          () => `with ${this.#maybe(0.3, () => 'recursive ')}${this.#cte()} ${this.#query()}`,
          () => `with ${this.#cte()}, ${this.#cte()} ${this.#query()}`,
        ),
    )
  }

  #select(): string {
    const distinct = this.#one(
      () => '',
      () => 'all ',
      () => 'distinct ',
      () => `distinct on (${this.#expression()}) `,
    )
    const list = `${this.#expression()}${this.#alias()}${this.#maybe(0.4, () => `, ${this.#expression()}${this.#alias()}`)}`
    const into = this.#maybe(0.02, () => ` into ${this.#pick(['t', 'temp t', 'table x', 'pg_temp.y'])}`)
    const from = this.#maybe(0.8, () => ` from ${this.#from()}${this.#maybe(0.3, () => `, ${this.#from()}`)}`)
    const where = this.#maybe(0.4, () => ` where ${this.#expression()}`)
    const group = this.#maybe(0.3, () => ` group by ${this.#group()}`)
    const having = this.#maybe(0.2, () => ` having ${this.#expression()}`)
    const window = this.#maybe(0.1, () => ` window w as (${this.#window()}), ${this.#pick(UNRESERVED)} as (order by 1)`)
    return `select ${distinct}${list}${into}${from}${where}${group}${having}${window}`
  }

  #group(): string {
    const e = () => this.#expression()
    return this.#one(
      e,
      () => `rollup (${e()}), cube (${e()})`,
      () => `grouping sets ((${e()}), rollup (${e()}), ())`,
      () => `distinct ${e()}, cube (a)`,
      () => `(${e()}, ${e()})`,
    )
  }

  #tail(): string {
    const e = () => this.#expression()
    return this.#one(
      () => '',
      () => '',
      () => ` order by ${e()} ${this.#pick(['', 'desc', 'using <', 'nulls last'])}`,
      () => ` limit ${e()}`,
      () => ` limit (${e()}) offset (${e()})`,
      () => ` fetch first (${e()}) rows only`,
      () => ' fetch next 3 rows with ties',
      () => ` offset ${e()} rows`,
      () => ' for read only',
      () => ` order by ${this.#call()}`,
    )
  }

  #lock(): string {
    return this.#maybe(0.07, () =>
      this.#pick([' for update', ' for no key update of t', ' for share nowait', ' for key share']),
    )
  }

  #cte(): string {
    const body = this.#random() < 0.9 ? this.#query() : this.#pick(WRITING_BODIES)
    const name = this.#pick(['x', 't2', 'update', '"w"', 'values', 'insert', this.#pick(UNRESERVED)])
    const how = this.#pick(['', 'materialized ', 'not materialized '])
    const cycle = this.#maybe(0.1, () => this.#pick(CYCLES) + this.#pick(['p', 'set', this.#pick(UNRESERVED)]))
    return `${name}${this.#maybe(0.3, () => ' (a, b)')} as ${how}(${body})${cycle}`
  }

  #from(): string {
    const call = () => this.#call()
    const item = () => this.#from()
    return this.#nested(
      DEEPEST_EXPRESSION,
      () => this.#table(),
      () =>
        this.#one(
          () => this.#table() + this.#alias(),
          () => `${this.#table()} as x (a, b)`,
          () => `${this.#table()} x (a, b)`,
          () => `only ${this.#table()}`,
          () => `only (${this.#table()}) y`,
          () => `(${this.#query()}) q`,
          () => `(${this.#query()}) as ${this.#pick(UNRESERVED)} (a, b)`,
          () => `lateral (${this.#query()}) q (c)`,
          () => `${call()} x`,
          () => `${call()} as x (a int, update text, b numeric(10, 2), c geometry(3))`,
          () => `${call()} as (update int, "delete" text)`,
          () => `${call()} with ordinality y (a, b)`,
          () => `lateral ${call()}`,
          () => `rows from (${call()} as (a int), ${call()}) with ordinality as r (a, b)`,
          () => `${this.#table()} tablesample ${this.#pick(['system', 's.m'])} (${this.#expression()}) repeatable (1)`,
          () => `${item()} join ${item()} on ${this.#expression()}`,
          () => `${item()} left join ${item()} using (a)`,
          () => `${item()} natural join ${item()}`,
          () => `(${item()} cross join ${item()}) j`,
          () => `xmltable('/a' passing ${this.#expression()} columns update int path 'a', b for ordinality) xx`,
          () =>
            `json_table(${this.#expression()}, '$' columns (update int path '$.a', nested path '$.b' columns (c text)))`,
          () => `current_user z`,
        ),
    )
  }

  #expression(): string {
    return this.#nested(
      DEEPEST_EXPRESSION,
      () => this.#pick([this.#column(), '1', "'x'", '$1']),
      () =>
        this.#one(
          () => this.#simple(),
          () => this.#call(),
          () => this.#call(),
          () => this.#operation(),
          () => this.#operation(),
          () => this.#syntaxCall(),
        ),
    )
  }

  #simple(): string {
    return this.#pick([
      this.#column(),
      '1',
      "'for update'",
      '$1',
      '1.5e3',
      "E'a\\'b'",
      '$$ insert $$',
      'current_timestamp',
      'current_user',
      'null',
      `interval '1' ${this.#pick(['day', 'second(3)', 'day to second (3)', 'year to month'])}`,
      "interval(3) '1 s'",
      "date 'x'",
      '(select)',
    ])
  }

  #operation(): string {
    const e = () => this.#expression()
    return this.#one(
      () => `${e()} + ${e()}`,
      () => `${e()} and ${e()}`,
      () => `not ${e()}`,
      () => `(${e()})`,
      () => `(${this.#query()})`,
      () => `exists (${this.#query()})`,
      () => `array(${this.#query()})`,
      () => `${e()} in (${e()}, ${e()})`,
      () => `${e()} not in (${this.#query()})`,
      () => `${e()} = any (${this.#query()})`,
      () => `${e()} like ${e()} escape ${e()}`,
      () => `${e()} not ilike ${e()}`,
      () => `${e()} ${this.#pick(['', 'not '])}ilike (${e()})`,
      () => `${e()} similar to ${e()}`,
      () => `${e()} between ${e()} and ${e()}`,
      () => `${e()} is distinct from ${e()}`,
      () => `${e()} ${this.#pick(['is not null', 'isnull', 'is json object', 'is document', 'is normalized'])}`,
      () => `${e()} at time zone ${e()}`,
      () => `${e()} at time zone (${e()})`,
      () => `${e()} operator(pg_catalog.+) ${e()}`,
      () => `operator(pg_catalog.-) ${e()}`,
      () => `${this.#column()}[${e()}]`,
      () => `(${e()}).${this.#pick(RESERVED)}`,
      () => `${e()}::${this.#type()}`,
      () => `${e()} collate "C"`,
      () => `case when ${e()} then ${e()} else ${e()} end`,
      () => `array[${this.#arguments()}]`,
      () => `${e()} #>> ${e()}`,
      () => `(${e()}, ${e()}) overlaps (${e()}, ${e()})`,
    )
  }

  #syntaxCall(): string {
    const e = () => this.#expression()
    return this.#one(
      () => `coalesce(${e()}, 1)`,
      () => `cast(${e()} as ${this.#type()})`,
      () => `substring(${e()} from ${e()} for ${e()})`,
      () => `substring(${e()} for ${this.#column()})`,
      () => `overlay(${e()} placing ${e()} from ${e()} for ${e()})`,
      () => `trim(${this.#pick(['', 'leading ', 'both '])}from ${e()})`,
      () => `extract(year from ${e()})`,
      () => `position(${this.#column()} in ${e()})`,
      () => `row(${this.#arguments()})`,
      () => `xmlelement(name foo, ${e()})`,
      () => `xmlparse(document ${e()})`,
      () => `xmlforest(${this.#column()} as ${this.#pick(RESERVED)})`,
      () => `json_object('a': ${e()})`,
      () => `json_object('a' value ${e()})`,
      () => `xmlexists(${e()} passing by ref ${e()})`,
      () => `json_value(${e()}, '$' passing ${e()} as ${this.#pick(UNRESERVED)} returning int default ${e()} on empty)`,
      () => `grouping(${this.#column()})`,
      () => `treat(${e()} as int)`,
      () => `json_arrayagg(${e()} order by ${e()} returning jsonb)`,
    )
  }

  #call(): string {
    const name = this.#one(
      () => this.#pick(['f', 'myfn', 's.f', 's.update', 'count', 'pg_catalog.lower', '"nextval"', 'cube', 'pg_temp.x']),
      () => this.#pick(UNRESERVED),
      () => this.#pick(TYPES),
      () => `x.${this.#pick(RESERVED)}`,
    )
    const called = `${name}${this.#pick(['', ' ', ' /* c */ '])}(${this.#arguments()})`
    return this.#one(
      () => called,
      () => called,
      () => `${called} filter (where ${this.#expression()})`,
      () => `${called} over (${this.#window()})`,
      () => `${called} over w`,
      () => `percentile_cont(0.5) within group (order by ${this.#expression()})`,
      () => `${name}(distinct ${this.#expression()} order by ${this.#expression()})`,
    )
  }

  #arguments(): string {
    const e = () => this.#expression()
    return this.#one(
      () => '',
      e,
      () => `${e()}, ${e()}`,
      () => `a => ${e()}`,
      () => `variadic ${e()}`,
    )
  }

  #window(): string {
    const e = () => this.#expression()
    return this.#one(
      () => '',
      () => `partition by ${e()}`,
      () => `order by ${e()} rows between ${e()} preceding and current row`,
      () => `partition by (${e()}) order by (${e()}) range (${e()}) preceding`,
      () => `w order by ${e()} groups ${e()} preceding exclude ties`,
    )
  }

  #type(): string {
    return this.#pick([...TYPE_NAMES, this.#pick(UNRESERVED)])
  }

  #column(): string {
    return this.#one(
      () =>
        this.#pick([
          'a',
          'b',
          'id',
          'update',
          'share',
          'value',
          'path',
          'zone',
          'by',
          'rows',
          'first',
          'key',
          'no',
          'over',
        ]),
      () => this.#pick(UNRESERVED),
      () => this.#pick(['"x y"', '"Q""q"', 't.a', 's.t.b', 't."update"', 't.for', 't.into', 't.select']),
    )
  }

  #table(): string {
    return this.#one(
      () => this.#pick(['t', 'u', 's.t', '"T x"', 's . t /* c */', 'db.s.t']),
      () => this.#pick(UNRESERVED),
      () => this.#pick(COLUMNS),
    )
  }

  #alias(): string {
    return this.#one(
      () => '',
      () => ' x',
      () => ` as ${this.#pick(RESERVED)}`,
      () => ` as ${this.#pick(UNRESERVED)}`,
      () => ` ${this.#pick(UNRESERVED)}`,
    )
  }
}

const EXPLAIN_OPTIONS = [
  'analyze',
  'analyze false',
  'analyze off, verbose',
  'analyze 0',
  'verbose, analyze true',
  'format json, analyze',
  'analyze, analyze false',
]

const WRITING_BODIES = [
  'insert into t values (1) returning *',
  'update t set a = 1 returning 1',
  'update only t x set a = 1',
  'delete from t where a returning *',
  'merge into t using u on true when matched then delete',
  'with y as (select 1) update t set a = 1 returning *',
]

const CYCLES = [
  ' search depth first by a, b set ',
  ' cycle a, update set z using ',
  ' cycle a set b to 1 default 2 using ',
]

const TYPE_NAMES = [
  'int',
  'varchar(10)',
  'numeric(10, 2)',
  'timestamp(3) with time zone',
  'character varying (10)',
  's.geometry(Point, 4326)',
  'geometry(1)',
  'interval day to second(3)',
  'interval second (3)',
  'int[]',
  'time(3)',
  'bit varying(5)',
  'national character varying(3)',
  'double precision',
  'setof int',
  '"my type"(3)',
]
