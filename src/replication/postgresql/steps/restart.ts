import type { StepWork } from '../operations/work.js'
import { runScript } from './run-script.js'

/** Nobody who is connected is cut off without a word: somebody is asked. */
export async function restart(work: StepWork, settings: readonly string[]): Promise<void> {
  const { node } = work
  const [row] = await node.sql.rows<{ clients: number }>(
    `select count(*)::int as clients from pg_stat_activity
     where backend_type = 'client backend' and application_name not in ('sluice', 'psql')`,
  )
  const clients = row?.clients ?? 0
  if (clients > 0 && !(await work.mayRestart(node.name, clients))) {
    throw Object.assign(
      new Error(`${clients} connections would end, and ${settings.join(', ')} cannot be changed else`),
      {
        hint: 'sluice up --restart, when it suits',
      },
    )
  }
  await node.sql.close()
  await runScript(work, node.layout.stop('fast'))
  await runScript(work, node.layout.start())
}
