import { look } from '../nodes/look.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import type { StepWork } from '../operations/work.js'
import { until } from './until.js'

const RECEIVE_TIMEOUT_MS = 10_000
const STREAM_TIMEOUT_MS = 60_000
const PROMOTE_TIMEOUT_S = 60

/**
 * A primary that shuts down sends its last record, the checkpoint of the shutdown, to whoever streams, and waits for them. A
 * standby that is past it misses nothing.
 */
export async function awaitReceived(work: StepWork, from: ManagedNode): Promise<void> {
  const old = await look(from)
  if (old.is !== 'stopped') throw new Error(`${from.name} has not stopped`)
  if (old.control.state !== 'shut-down') throw new Error(`${from.name} did not shut down cleanly`)
  const last = `'0/0'::pg_lsn + ${old.control.checkpoint}`
  const ask = `select pg_last_wal_receive_lsn() > ${last} as done, pg_last_wal_receive_lsn()::text as received,
    (${last})::text as "mustPass"`
  await until(
    work,
    () => work.node.sql.rows<{ done: boolean }>(ask),
    ([row]) => row?.done === true,
    RECEIVE_TIMEOUT_MS,
  )
}

export async function promote({ node }: StepWork): Promise<void> {
  const ask = `select case when pg_is_in_recovery() then pg_promote(true, ${PROMOTE_TIMEOUT_S}) else true end as done`
  const [row] = await node.sql.rows<{ done: boolean }>(ask)
  if (row?.done !== true) throw new Error(`not within ${PROMOTE_TIMEOUT_S} s`)
}

/** Both sides have to say so: a standby may believe in a connection that the primary has given up. */
export async function awaitStreaming(work: StepWork, from: ManagedNode): Promise<void> {
  const { node } = work
  const name = `'${node.name.replaceAll("'", "''")}'`
  const asked = async () => {
    const [sender] = await from.sql.rows<{ state: string }>(
      `select state from pg_stat_replication where application_name = ${name} order by state desc limit 1`,
    )
    const [receiver] = await node.sql.rows<{ status: string; host: string; port: number }>(
      'select status, sender_host as host, sender_port as port from pg_stat_wal_receiver',
    )
    return { sender: sender?.state, receiver: receiver?.status, host: receiver?.host, port: receiver?.port }
  }
  const { host, port } = from.address
  const isStreaming = (it: Awaited<ReturnType<typeof asked>>) =>
    it.sender === 'streaming' && it.receiver === 'streaming' && it.host === host && it.port === port
  await until(work, asked, isStreaming, STREAM_TIMEOUT_MS)
}
