import { randomUUID } from 'node:crypto'
import { nodeOf, type StepWork } from '../operations/work.js'
import { until } from './until.js'

const TIMEOUT_MS = 30_000

/** In the database `postgres`, in a table that goes again: the application's data is left alone. */
export async function prove(work: StepWork, standbys: readonly string[]): Promise<void> {
  const { sql } = work.node
  const [id, table] = [randomUUID(), 'public.sluice_proof']
  try {
    await sql.execute(
      `drop table if exists ${table};\ncreate table ${table} (id uuid);\ninsert into ${table} values ('${id}')`,
    )
    const writtenMs = performance.now()
    const read = `select 1 as n from ${table} where id = '${id}'`
    for (const name of standbys) {
      await until(
        work,
        () => nodeOf(work, name).sql.rows(read),
        (rows) => rows.length === 1,
        TIMEOUT_MS,
      )
      work.say(`${name} shows it after ${Math.max(1, Math.round(performance.now() - writtenMs))} ms`)
    }
  } finally {
    await sql.execute(`drop table if exists ${table}`)
  }
}
