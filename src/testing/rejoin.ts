import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../replication/postgresql/programs/run-program.js'
import { clearAllButOwn, copyRunning, isStandby, OWN_FILES, writeOwn } from './data-dir.js'
import { withClient } from './sql.js'
import type { TestNode } from './test-node.js'

/**
 * Makes the data directory of a stopped node that of a standby of `primary`.
 *
 * A former primary is wound back to where its history and the new one part, where `pg_rewind` is installed. Everybody
 * else, and everywhere else, gets a new copy: it needs nothing of the log that the primary may no longer have.
 */
export async function makeStandbyOf(primary: TestNode, node: TestNode, major: number): Promise<void> {
  const { binDir, dataDir } = node.parts
  const program = join(binDir, 'pg_rewind')
  if (existsSync(program) && !isStandby(dataDir)) await rewind(program, node, primary)
  else await copyAnew(node, primary, major)
  node.becomeStandby()
}

async function rewind(program: string, node: TestNode, primary: TestNode): Promise<void> {
  const { dataDir, owner, reaper } = node.parts
  // It brings over every file of the other node, those included that say who it is.
  const own = OWN_FILES.map((name) => ({ name, text: readFileSync(join(dataDir, name)) }))
  const args = ['-D', dataDir, `--source-server=${primary.adminUrl}`, '--no-sync']
  await runProgram({ program, args, owner, reaper })
  for (const { name, text } of own) writeOwn(join(dataDir, name), text, owner)
}

async function copyAnew(node: TestNode, primary: TestNode, major: number): Promise<void> {
  const { dataDir, owner } = node.parts
  clearAllButOwn(dataDir)
  const { start, stop } = backupCalls(major)
  const label = await withClient(primary.adminUrl, async (client) => {
    await client.query(`select pg_catalog.${start}`)
    copyRunning(primary.dataDir, dataDir, owner)
    const { rows } = await client.query<{ labelfile: string }>(`select labelfile from pg_catalog.${stop}`)
    return rows[0]!.labelfile
  })
  writeOwn(join(dataDir, 'backup_label'), label, owner)
}

/** They were renamed in 15, and lost a parameter each. The session that starts a backup must be the one that stops it. */
function backupCalls(major: number): { readonly start: string; readonly stop: string } {
  if (major >= 15) return { start: "pg_backup_start('rejoin', true)", stop: 'pg_backup_stop(false)' }
  return { start: "pg_start_backup('rejoin', true, false)", stop: 'pg_stop_backup(false, false)' }
}
