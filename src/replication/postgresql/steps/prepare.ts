import { REPLICATION_ROLE } from '../config/node-config.js'
import { scramVerifier } from '../config/scram.js'
import type { StepWork } from '../operations/work.js'

/** What `pg_rewind` reads by, so that it need not be a superuser. @see https://www.postgresql.org/docs/current/app-pgrewind.html */
const FOR_REWIND = [
  'pg_ls_dir(text, boolean, boolean)',
  'pg_stat_file(text, boolean)',
  'pg_read_binary_file(text)',
  'pg_read_binary_file(text, bigint, bigint, boolean)',
]

/** Passwords travel as verifiers: neither the statements nor a log of them gives one away. */
export async function prepare({ node, spec, secrets }: StepWork): Promise<void> {
  const { sql } = node
  await makeRole(sql, REPLICATION_ROLE, `login replication password '${scramVerifier(secrets.replication)}'`)
  for (const it of FOR_REWIND) await sql.execute(`grant execute on function pg_catalog.${it} to ${REPLICATION_ROLE}`)
  const [role, database] = [quoted(spec.appRole), quoted(spec.database)]
  if (secrets.app !== undefined) await makeRole(sql, spec.appRole, `login password '${scramVerifier(secrets.app)}'`)
  // Pools that follow replicas ask how far these are.
  await sql.execute(`grant pg_monitor to ${role}`)
  const isThere = await sql.rows(`select 1 as n from pg_database where datname = ${literal(spec.database)}`)
  if (isThere.length === 0) await sql.execute(`create database ${database} owner ${role}`)
}

/** A role that is there keeps its password, and whatever else it was given. */
async function makeRole(sql: StepWork['node']['sql'], name: string, how: string): Promise<void> {
  const isThere = await sql.rows(`select 1 as n from pg_roles where rolname = ${literal(name)}`)
  if (isThere.length === 0) await sql.execute(`create role ${quoted(name)} ${how}`)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
