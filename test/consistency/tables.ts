import type pg from 'pg'
import type { TestCluster } from '../../src/testing.js'
import type { FinalState, ObjectName, Versioned } from './operation.js'

/**
 * What sessions read and write. Each register is a table, so that there is something to keep apart; the server itself
 * counts its versions, and keeps all of its values: what nobody has read back is known all the same.
 */
const LISTS = `
  drop table if exists elements;
  create table elements (list int not null, value int not null);
  create index on elements (list);
  grant select, insert on elements to app`

function registerTable(number: number): string {
  const name = `register_${number}`
  return `
    drop table if exists ${name};
    create table ${name} (version int not null, value int not null, history int[] not null) with (fillfactor = 50);
    insert into ${name} values (0, 0, '{}');
    grant select, update on ${name} to app`
}

/** A statement that reads the object. */
export function readOf(object: ObjectName): pg.QueryConfig {
  const { kind, number } = partsOf(object)
  if (kind === 'register') return { text: `select version, value, ${WHO_ANSWERS} from register_${number}` }
  const elements = "coalesce(array_agg(value), '{}') as elements"
  return { text: `select ${elements}, ${WHO_ANSWERS} from elements where list = $1`, values: [number] }
}

/** A statement that writes the value into the object. */
export function writeOf(object: ObjectName, value: number): pg.QueryConfig {
  const { kind, number } = partsOf(object)
  if (kind === 'list') {
    return {
      text: `insert into elements (list, value) values ($1, $2) returning ${WHO_ANSWERS}`,
      values: [number, value],
    }
  }
  const next = 'version = version + 1, value = $1, history = history || $1::int'
  return { text: `update register_${number} set ${next} returning version, ${WHO_ANSWERS}`, values: [value] }
}

function partsOf(object: ObjectName): { readonly kind: 'register' | 'list'; readonly number: number } {
  const [kind, number] = object.split(' ')
  return { kind: kind as 'register' | 'list', number: Number(number) }
}

/** What each statement has the server say of itself. */
export interface Answerer {
  readonly node: string
  readonly on_replica: boolean
}

const WHO_ANSWERS = "current_setting('cluster_name') as node, pg_is_in_recovery() as on_replica"

/** Makes them anew, and resolves when every replica has them. */
export async function makeTables(cluster: TestCluster, registers: number): Promise<void> {
  await cluster.primary.admin(LISTS)
  for (let number = 1; number <= registers; number++) await cluster.primary.admin(registerTable(number))
  // Minutes of load would fill the disk with the servers' logs.
  await cluster.primary.admin("alter role app set log_statement = 'none'")
  await cluster.waitForReplay()
}

/** What the primary holds now. */
export async function readFinalState(cluster: TestCluster, count: number): Promise<FinalState> {
  const registers = new Map<ObjectName, Versioned[]>()
  for (let number = 1; number <= count; number++) {
    const versions = await cluster.primary.admin<{ version: number; value: number }>(
      `select h.at::int as version, h.was as value
       from register_${number} r, unnest(r.history) with ordinality as h (was, at) order by h.at`,
    )
    if (versions.length > 0) registers.set(`register ${number}`, [...versions])
  }
  const elements = await cluster.primary.admin<{ list: number; value: number }>('select list, value from elements')
  const lists = new Map<ObjectName, number[]>()
  for (const { list, value } of elements) add(lists, `list ${list}`, value)
  return { registers, lists }
}

function add<T>(to: Map<ObjectName, T[]>, name: ObjectName, item: T): void {
  const items = to.get(name)
  if (items === undefined) to.set(name, [item])
  else items.push(item)
}
