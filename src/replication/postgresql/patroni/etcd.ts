import type { Address } from '../config/node-config.js'
import { STORE_DIR } from './certificates.js'

export const CLIENT_PORT = 2379
const PEER_PORT = 2380

export interface StoreMember {
  readonly name: string
  readonly host: string
}

/** `/etc/default/etcd`. @see https://etcd.io/docs/v3.4/op-guide/configuration/ */
export function storeText(self: StoreMember, all: readonly StoreMember[]): string {
  const values = {
    ETCD_NAME: self.name,
    ETCD_DATA_DIR: '/var/lib/etcd/sluice',
    ETCD_LISTEN_CLIENT_URLS: `https://${self.host}:${CLIENT_PORT},https://127.0.0.1:${CLIENT_PORT}`,
    ETCD_ADVERTISE_CLIENT_URLS: `https://${self.host}:${CLIENT_PORT}`,
    ETCD_LISTEN_PEER_URLS: `https://${self.host}:${PEER_PORT}`,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: `https://${self.host}:${PEER_PORT}`,
    ETCD_INITIAL_CLUSTER: all.map((it) => `${it.name}=https://${it.host}:${PEER_PORT}`).join(','),
    ETCD_INITIAL_CLUSTER_STATE: 'new',
    ETCD_INITIAL_CLUSTER_TOKEN: 'sluice',
    ...tls('ETCD_', 'ETCD_PEER_'),
  }
  const lines = Object.entries(values).map(([name, value]) => `${name}="${value}"\n`)
  return `# Written by sluice, which writes it again.\n${lines.join('')}`
}

/** Both ways: whoever has no certificate of ours is not spoken to. */
function tls(...prefixes: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    prefixes.flatMap((prefix) => [
      [`${prefix}CERT_FILE`, `${STORE_DIR}/node.crt`],
      [`${prefix}KEY_FILE`, `${STORE_DIR}/node.key`],
      [`${prefix}TRUSTED_CA_FILE`, `${STORE_DIR}/authority.crt`],
      [`${prefix}CLIENT_CERT_AUTH`, 'true'],
    ]),
  )
}

export function storeHosts(all: readonly Address[]): readonly string[] {
  return all.map(({ host }) => `${host}:${CLIENT_PORT}`)
}
