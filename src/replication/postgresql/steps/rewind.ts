import { conninfo } from '../config/node-files.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import type { StepWork } from '../operations/work.js'
import { quoteShell } from '../script.js'
import { clone } from './clone.js'
import { setAside } from './data-directory.js'
import { runScript } from './run-script.js'

const TIMEOUT_MS = 24 * 3600 * 1000

/**
 * `pg_rewind` fetches what differs since the histories parted. Where it is not installed, or cannot do it, a fresh copy is made,
 * and the old data kept under another name: a rewind that failed half-way leaves nothing that can be used.
 */
export async function rewind(work: StepWork, from: ManagedNode): Promise<void> {
  const why = await whyNotRewound(work, from)
  if (why === undefined) return
  work.say(`no rewind: ${why}; copying ${from.name} instead`)
  await setAside(work)
  await clone(work, from)
}

async function whyNotRewound(work: StepWork, from: ManagedNode): Promise<string | undefined> {
  const { host, layout } = work.node
  const { binDir, dataDir, configFile, passFile } = layout.paths
  const { sslMode } = work.configOf(work.node.name, from.name)
  const program = quoteShell(`${binDir}/pg_rewind`)
  const has = await host.run({ as: 'server', text: `test -x ${program}` })
  if (has.code !== 0) return 'pg_rewind is not installed'
  const source = conninfo(from.address, { dbname: 'postgres', passfile: passFile, sslmode: sslMode })
  const data = quoteShell(dataDir)
  // In the end, not before: a server that was not shut down is brought up by pg_rewind, and shall not follow anybody yet.
  const text = `rm -f ${data}/standby.signal
# Before 15 it cannot be told where the configuration is, and finds it in the data directory or not at all.
where=
if [ ! -e ${data}/postgresql.conf ] && ${program} --help | grep -q -- --config-file; then where=--config-file; fi
${program} --target-pgdata=${data} --source-server=${quoteShell(source)} \${where:+$where=${quoteShell(configFile)}}
: >${data}/standby.signal`
  try {
    await runScript(work, { as: 'server', text }, { timeoutMs: TIMEOUT_MS })
    return undefined
  } catch (error) {
    if (work.signal?.aborted) throw error
    return (error as Error).message
  }
}
