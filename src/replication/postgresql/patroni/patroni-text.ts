import { stringify } from 'yaml'
import { REPLICATION_ROLE } from '../config/node-config.js'
import type { DebianLayout } from '../layouts/debian-layout.js'
import { STORE_DIR } from './certificates.js'
import { storeHosts } from './etcd.js'

export interface PatroniConfig {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Addresses of all members. */
  readonly hosts: readonly string[]
  readonly scope: string
  readonly layout: DebianLayout
  readonly synchronous: number
  readonly replicationPassword: string
  /** `user:password`, for whoever changes something by its REST interface. */
  readonly restCredentials: string
}

export const API_PORT = 8008

/**
 * Patroni's own configuration, for a member. Its cluster-wide part counts when the first member joins; afterwards
 * `patronictl edit-config` changes it.
 *
 * Quicker than its defaults, which take half a minute: what a primary that is gone costs is its time to live, and writes of
 * every member to the store that often cost next to nothing.
 *
 * @see https://patroni.readthedocs.io/en/latest/yaml_configuration.html
 */
export function patroniText(config: PatroniConfig): string {
  const { name, host, port, hosts, scope, layout, synchronous, replicationPassword } = config
  const [restUser, restPassword] = config.restCredentials.split(':')
  const { binDir, dataDir, socketDir } = layout.paths
  const replication = { username: REPLICATION_ROLE, password: replicationPassword }
  return `# Written by sluice, which writes it again.\n${stringify({
    scope,
    namespace: '/sluice/',
    name,
    restapi: {
      listen: `${host}:${API_PORT}`,
      connect_address: `${host}:${API_PORT}`,
      authentication: { username: restUser, password: restPassword },
    },
    etcd3: {
      hosts: storeHosts(hosts.map((it) => ({ host: it, port: 0 }))),
      protocol: 'https',
      cacert: `${STORE_DIR}/authority.crt`,
      cert: `${STORE_DIR}/node.crt`,
      key: `${STORE_DIR}/engine.key`,
    },
    bootstrap: {
      dcs: {
        ttl: 20,
        loop_wait: 5,
        retry_timeout: 5,
        maximum_lag_on_failover: 16 * 2 ** 20,
        failsafe_mode: true,
        synchronous_mode: synchronous > 0,
        synchronous_node_count: Math.max(1, synchronous),
        postgresql: { use_pg_rewind: true, use_slots: true },
      },
    },
    postgresql: {
      listen: `127.0.0.1,${host}:${port}`,
      connect_address: `${host}:${port}`,
      use_unix_socket: true,
      data_dir: dataDir,
      bin_dir: binDir,
      config_dir: layout.configDir,
      pgpass: `/var/lib/postgresql/${scope}.pgpass`,
      authentication: {
        superuser: { username: 'postgres' },
        replication,
        rewind: replication,
      },
      parameters: { unix_socket_directories: socketDir },
      pg_ctl_timeout: 60,
    },
    watchdog: { mode: 'automatic' },
  })}`
}
