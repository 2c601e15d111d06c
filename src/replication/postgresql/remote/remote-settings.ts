import { isIP } from 'node:net'
import { type HbaLine, REPLICATION_ROLE } from '../config/node-config.js'
import { readSettings } from '../config/node-files.js'
import { CERTIFICATE } from '../layouts/debian-layout.js'
import { type ClusterState, hasData, isRunning, type NodeState } from '../nodes/node-state.js'
import type { RemoteConfig } from './cluster-config.js'

/** What decides about the settings of nodes on hosts of their own. */
export interface RemoteSight {
  readonly config: RemoteConfig
  readonly states: ClusterState
  readonly addresses: ReadonlyMap<string, string>
  /** Nodes whose hosts can give them a certificate. */
  readonly withCertificate: ReadonlySet<string>
}

/**
 * A standby whose value is below its primary's stops, or stops to replay; and any node may become the primary. So all have
 * the highest that any has, and at least the server's defaults.
 *
 * @see https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN
 */
const LEAST: Readonly<Record<string, number>> = {
  max_connections: 100,
  max_worker_processes: 8,
  max_wal_senders: 10,
  max_prepared_transactions: 0,
  max_locks_per_transaction: 64,
  max_replication_slots: 10,
}

/** The same answer before and after it was applied: whatever we wrote once stays ours. */
export function remoteSettings(sight: RemoteSight, name: string): Readonly<Record<string, string>> {
  const { config, states, addresses } = sight
  const state = states.get(name)
  const written = writtenIn(state)
  const running = state !== undefined && isRunning(state) ? state.settings : {}
  const settings: Record<string, string> = { max_slot_wal_keep_size: config.keepWal }
  for (const [key, least] of Object.entries(LEAST)) settings[key] = String(Math.max(least, ...numbersOf(states, key)))
  if (valuesOf(states, 'wal_level').includes('logical')) settings['wal_level'] = 'logical'
  const address = addresses.get(name) ?? ''
  if (written['listen_addresses'] !== undefined || !listensAt(running['listen_addresses'], address)) {
    settings['listen_addresses'] = `localhost,${address}`
  }
  if (needsHints(states)) settings['wal_log_hints'] = 'on'
  const needsTls = written['ssl_cert_file'] !== undefined || running['ssl'] !== 'on'
  if (needsTls && sight.withCertificate.has(name)) Object.assign(settings, { ssl: 'on', ...CERTIFICATE })
  return settings
}

/** Do all nodes speak TLS, or will they? */
export function haveTls({ states, addresses, withCertificate }: RemoteSight): boolean {
  return [...addresses.keys()].every((name) => {
    const state = states.get(name)
    if (state === undefined || state.is === 'out-of-reach') return true
    return withCertificate.has(name) || (isRunning(state) && state.settings['ssl'] === 'on')
  })
}

/** Exactly the peers, and the networks that applications connect from. */
export function remoteAccess(sight: RemoteSight, name: string): readonly HbaLine[] {
  const { config, addresses } = sight
  const type = haveTls(sight) ? 'hostssl' : 'host'
  const peers = [...addresses].filter(([it]) => it !== name).map(([, address]) => withLength(address))
  const method = 'scram-sha-256'
  return [
    ...peers.flatMap((address) =>
      ['replication', 'postgres'].map(
        (database) => ({ type, database, user: REPLICATION_ROLE, address, method }) as const,
      ),
    ),
    ...['0.0.0.0/0', '::/0'].map(
      (address) => ({ type: 'host', database: 'all', user: REPLICATION_ROLE, address, method: 'reject' }) as const,
    ),
    ...config.applications.map(
      (it) =>
        ({ type: 'host', database: config.database, user: config.user, address: withLength(it), method }) as const,
    ),
  ]
}

function withLength(address: string): string {
  if (address.includes('/')) return address
  return `${address}/${isIP(address) === 6 ? 128 : 32}`
}

function listensAt(setting: string | undefined, address: string): boolean {
  const places = setting?.split(',').map((it) => it.trim()) ?? []
  return places.includes('*') || places.includes(address) || (isIP(address) === 4 && places.includes('0.0.0.0'))
}

/** Clusters that we make have checksums, which do as well. */
function needsHints(states: ClusterState): boolean {
  const checksums = [...states.values()].flatMap((it) => (isRunning(it) ? [it.settings['data_checksums']] : []))
  const written = [...states.values()].some((it) => writtenIn(it)['wal_log_hints'] !== undefined)
  return written || checksums.includes('off')
}

function valuesOf(states: ClusterState, key: string): readonly string[] {
  return [...states.values()].flatMap((state) => {
    const running = isRunning(state) ? state.settings[key] : undefined
    return [running, writtenIn(state)[key]].filter((it) => it !== undefined)
  })
}

function numbersOf(states: ClusterState, key: string): readonly number[] {
  return valuesOf(states, key).map(Number).filter(Number.isFinite)
}

function writtenIn(state: NodeState | undefined): Readonly<Record<string, string>> {
  return state !== undefined && hasData(state) ? readSettings(state.files.settings ?? '') : {}
}
