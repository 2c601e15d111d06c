import type { ManagedNode } from '../nodes/managed-node.js'
import type { StepWork } from '../operations/work.js'
import { quoteShell } from '../script.js'
import { runScript } from './run-script.js'

const TIMEOUT_MS = 24 * 3600 * 1000

/** What belongs to the running server alone. @see https://www.postgresql.org/docs/current/continuous-archiving.html */
const LEFT_OUT = [
  ...['postmaster.pid', 'postmaster.opts', 'pg_internal.init', 'standby.signal', 'recovery.signal', 'backup_label'],
  ...['pg_wal/*', 'pg_replslot/*', 'pg_dynshmem/*', 'pg_notify/*', 'pg_serial/*', 'pg_snapshots/*', 'pg_stat_tmp/*'],
  'pg_subtrans/*',
]

/**
 * PostgreSQL's own low-level backup, for programs that came without `pg_basebackup`, from a node on the same host: its files,
 * copied while it writes to them, and a label that says from where replay makes up for that.
 */
export async function copyFiles(work: StepWork, from: ManagedNode): Promise<void> {
  const { node } = work
  if (from.host !== node.host) throw new Error('pg_basebackup is not installed, and the nodes are not on one host')
  const { sql } = from
  const spaces = await sql.rows<{ name: string }>('select spcname as name from pg_tablespace where oid > 16383')
  if (spaces.length > 0) throw new Error(`pg_basebackup is needed to copy tablespaces: ${spaces.map((it) => it.name)}`)
  const [server] = await sql.rows<{ major: number }>(
    "select current_setting('server_version_num')::int / 10000 as major",
  )
  const { start, stop } = backupCalls(server?.major ?? 15)
  await sql.execute(`select ${start}`)
  await runScript(work, { as: 'server', text: copyScript(from, node) }, { timeoutMs: TIMEOUT_MS })
  const [label] = await sql.rows<{ text: string }>(`select labelfile as text from ${stop}`)
  const unfinished = quoteShell(`${node.layout.paths.dataDir}.new`)
  const text = `umask 077\ncat >${unfinished}/backup_label\n: >${unfinished}/standby.signal\n${node.layout.adopt()}`
  await runScript(work, { as: 'server', text, input: label?.text ?? '' })
}

/** They were renamed in 15, and lost a parameter each. The connection that starts a backup must be the one that stops it. */
function backupCalls(major: number): { readonly start: string; readonly stop: string } {
  if (major >= 15) return { start: "pg_backup_start('sluice', true)", stop: 'pg_backup_stop(false)' }
  return { start: "pg_start_backup('sluice', true, false)", stop: 'pg_stop_backup(false, false)' }
}

/** `tar` ends with 1 when a file changed or went while it read, which is what replay is for. */
function copyScript(from: ManagedNode, to: ManagedNode): string {
  const [source, target] = [quoteShell(from.layout.paths.dataDir), quoteShell(`${to.layout.paths.dataDir}.new`)]
  const excluded = LEFT_OUT.map((it) => `--exclude=${quoteShell(`./${it}`)}`).join(' ')
  return `umask 077
rm -rf ${target}
mkdir -p ${target}
cd ${source}
{ tar -cf - ${excluded} . 2>/dev/null || [ $? = 1 ]; } | tar -xpf - -C ${target}`
}
