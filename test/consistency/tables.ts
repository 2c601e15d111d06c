import type { TestCluster } from '../../src/testing.js'
import type { FinalState, ObjectName, Versioned } from './operation.js'

/**
 * What sessions read and write. The server itself counts the versions of a register, and keeps all of them in the
 * transaction of the write: what nobody has read back is known all the same.
 */
const TABLES = `
  drop table if exists registers, register_versions, elements;
  create table registers (id int primary key, version int not null, value int not null) with (fillfactor = 50);
  create table register_versions (register int not null, version int not null, value int not null);
  create table elements (list int not null, value int not null);
  create index on elements (list);
  create or replace function keep_version() returns trigger language plpgsql as $$
  begin
    insert into register_versions values (new.id, new.version, new.value);
    return null;
  end $$;
  create trigger keep_version after update on registers for each row execute function keep_version();
  grant select, insert, update on registers, register_versions, elements to app`

/** A statement, and the order of its values is: the object's number, then what is written. */
export const SQL = {
  readRegister: `select version, value, ${whoAnswers()} from registers where id = $1`,
  writeRegister: `update registers set version = version + 1, value = $2 where id = $1 returning version, ${whoAnswers()}`,
  readList: `select coalesce(array_agg(value), '{}') as elements, ${whoAnswers()} from elements where list = $1`,
  append: `insert into elements (list, value) values ($1, $2) returning ${whoAnswers()}`,
} as const

/** What each statement has the server say of itself. */
export interface Answerer {
  readonly node: string
  readonly on_replica: boolean
}

function whoAnswers(): string {
  return "current_setting('cluster_name') as node, pg_is_in_recovery() as on_replica"
}

/** Makes them anew, and resolves when every replica has them. */
export async function makeTables(cluster: TestCluster, registers: number): Promise<void> {
  await cluster.primary.admin(TABLES)
  await cluster.primary.admin('insert into registers select n, 0, 0 from generate_series(1, $1) n', [registers])
  // Minutes of load would fill the disk with the servers' logs.
  await cluster.primary.admin("alter role app set log_statement = 'none'")
  await cluster.waitForReplay()
}

/** What the primary holds now. */
export async function readFinalState(cluster: TestCluster): Promise<FinalState> {
  const versions = await cluster.primary.admin<{ register: number; version: number; value: number }>(
    'select register, version, value from register_versions order by register, version',
  )
  const elements = await cluster.primary.admin<{ list: number; value: number }>('select list, value from elements')
  const registers = new Map<ObjectName, Versioned[]>()
  for (const { register, version, value } of versions) add(registers, `register ${register}`, { version, value })
  const lists = new Map<ObjectName, number[]>()
  for (const { list, value } of elements) add(lists, `list ${list}`, value)
  return { registers, lists }
}

function add<T>(to: Map<ObjectName, T[]>, name: ObjectName, item: T): void {
  const items = to.get(name)
  if (items === undefined) to.set(name, [item])
  else items.push(item)
}
