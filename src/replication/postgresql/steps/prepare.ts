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

/**
 * Passwords travel as verifiers: neither the statements nor a log of them gives one away. A role that is there keeps its own,
 * and whatever else it was given.
 */
export async function prepare({ node: { sql }, spec, secrets }: StepWork): Promise<void> {
  const [there] = await sql.rows<{ roles: readonly string[]; databases: readonly string[] }>(
    `select (select json_agg(rolname) from pg_roles) as roles, (select json_agg(datname) from pg_database) as databases`,
  )
  const role = (name: string, how: string) =>
    there?.roles.includes(name) ? [] : [`create role ${quoted(name)} login ${how}`]
  const password = (text: string) => `password '${scramVerifier(text)}'`
  const statements = [
    ...role(REPLICATION_ROLE, `replication ${password(secrets.replication)}`),
    ...FOR_REWIND.map((it) => `grant execute on function pg_catalog.${it} to ${REPLICATION_ROLE}`),
    ...(secrets.app === undefined ? [] : role(spec.appRole, password(secrets.app))),
    // Pools that follow replicas ask how far these are.
    `grant pg_monitor to ${quoted(spec.appRole)}`,
  ]
  await sql.execute(statements.join(';\n'))
  if (there?.databases.includes(spec.database)) return
  await sql.execute(`create database ${quoted(spec.database)} owner ${quoted(spec.appRole)}`)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
