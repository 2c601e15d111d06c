import { slotOf } from '../config/node-config.js'
import type { StepWork } from '../operations/work.js'

/** They keep WAL from now on: whoever is copied from here on misses nothing. One that has lost its WAL is made anew. */
export async function makeSlots({ node: { sql } }: StepWork, standbys: readonly string[]): Promise<void> {
  for (const name of standbys) {
    const slot = `'${slotOf(name)}'`
    const [found] = await sql.rows<{ isLost: boolean }>(
      `select wal_status = 'lost' as "isLost" from pg_replication_slots where slot_name = ${slot}`,
    )
    if (found?.isLost === true) await sql.execute(`select pg_drop_replication_slot(${slot})`)
    if (found?.isLost !== false) await sql.execute(`select pg_create_physical_replication_slot(${slot}, true)`)
  }
}

/** One that is in use stays. */
export async function dropSlots({ node: { sql } }: StepWork, standbys: readonly string[] | 'unused'): Promise<void> {
  const which = standbys === 'unused' ? 'true' : `slot_name in (${standbys.map((it) => `'${slotOf(it)}'`).join(', ')})`
  await sql.execute(
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots
     where slot_type = 'physical' and not active and ${which}`,
  )
}
