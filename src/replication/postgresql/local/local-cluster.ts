import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Cluster, WhichUrl, WorkOptions } from '../cluster.js'
import { anyOf, type HbaLine, type NodeConfig, REPLICATION_ROLE } from '../config/node-config.js'
import { settingsOf } from '../config/node-files.js'
import type { HostLock } from '../host.js'
import { LocalHost } from '../hosts/local-host.js'
import { OwnLayout } from '../layouts/own-layout.js'
import { lookAt } from '../nodes/look.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import { hasData } from '../nodes/node-state.js'
import { isAsConfigured } from '../nodes/own-files.js'
import type { Survey } from '../operations/survey.js'
import { type ClusterSpec, nodeOf, type Work } from '../operations/work.js'
import { serverOwner } from '../programs/owner.js'
import { PgSql } from '../sql/pg-sql.js'
import { type ClusterFile, type LocalSecrets, readCluster, readSecrets } from './cluster-file.js'
import { findPrograms } from './programs.js'

/** Whoever has a home for servers comes first: these last. */
const OWNERS = ['postgres', 'nobody']
const LOCAL = '127.0.0.1'

/** What nodes on this machine have, that others have not. */
const LOCAL_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: LOCAL,
  unix_socket_directories: '',
  wal_log_hints: 'on',
  // WAL kept for standbys that are away, however long they are: a slot must not fill the disk.
  max_slot_wal_keep_size: '1GB',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: '%m [%p] %q%u@%d ',
  lc_messages: 'C',
}

/** Everybody needs a password; whoever replicates, and rewinds, sees no application's data by the way. */
const LOCAL_ACCESS: readonly HbaLine[] = [
  access('replication', REPLICATION_ROLE),
  access('postgres', REPLICATION_ROLE),
  access('all', REPLICATION_ROLE, 'reject'),
  access('all', 'all'),
]

function access(database: string, user: string, method: HbaLine['method'] = 'scram-sha-256'): HbaLine {
  return { type: 'host', database, user, address: `${LOCAL}/32`, method }
}

/** How somebody connects to one node. */
export interface WayIn {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A lasting cluster on this machine, in one folder. */
export class LocalCluster implements Cluster {
  readonly dir: string
  readonly file: ClusterFile
  readonly secrets: LocalSecrets
  readonly nodes: ReadonlyMap<string, ManagedNode>
  readonly #host: LocalHost

  private constructor(dir: string, file: ClusterFile, secrets: LocalSecrets) {
    this.dir = dir
    this.file = file
    this.secrets = secrets
    const host = new LocalHost(localOwner())
    this.#host = host
    this.nodes = new Map(
      file.nodes.map(({ name, port }) => {
        const layout = new OwnLayout({ folder: join(dir, name), binDir: file.binDir, port })
        const connection = {
          host: LOCAL,
          port,
          user: 'postgres',
          password: secrets.admin,
          database: 'postgres',
          ssl: false,
        }
        return [name, { name, host, layout, sql: new PgSql({ connection }), address: { host: LOCAL, port } }]
      }),
    )
  }

  /** @throws {OperationError} there is none in that folder, or its PostgreSQL is gone and no other of its version is there. */
  static async open(folder: string): Promise<LocalCluster> {
    const dir = resolve(folder)
    const file = readCluster(dir)
    const binDir = existsSync(join(file.binDir, 'postgres')) ? file.binDir : await findAgain(dir, file.major)
    return new LocalCluster(dir, { ...file, binDir }, readSecrets(dir))
  }

  get spec(): ClusterSpec {
    const { database, appRole, synchronous } = this.file
    return { database, appRole, synchronous }
  }

  /** The folder of a node. */
  folderOf(name: string): string {
    return join(this.dir, name)
  }

  /** One operation at a time. @throws {HostLockedError} naming what goes on. */
  lock(what: string): Promise<HostLock> {
    return this.#host.lock(
      join(this.dir, 'lock'),
      `sluice ${what}, process ${process.pid}, since ${new Date().toISOString()}`,
    )
  }

  async survey(): Promise<Survey> {
    const states = await lookAt([...this.nodes.values()])
    const { database, appRole, synchronous } = this.file
    return {
      ...{ states, database, synchronous, roles: [REPLICATION_ROLE, appRole] },
      addresses: new Map([...this.nodes].map(([name, { address }]) => [name, address])),
      ...{ notInstalled: new Set(), delayed: new Set(), from: new Map() },
      isConfigured: (name, upstream) => {
        const state = states.get(name)
        if (state === undefined || !hasData(state)) return false
        return isAsConfigured(nodeOf(this, name).layout, this.#configOf(name, upstream), state.files)
      },
      settingsOf: (name, upstream) => settingsOf(this.#configOf(name, upstream)),
    }
  }

  work(options: WorkOptions): Work {
    const { spec, secrets, nodes } = this
    return { ...options, spec, secrets, nodes, configOf: (name, upstream) => this.#configOf(name, upstream) }
  }

  #configOf(name: string, upstream: string | undefined): NodeConfig {
    const { layout, address } = nodeOf(this, name)
    const peers = [...this.nodes.keys()].filter((it) => it !== name)
    return {
      name,
      upstream: upstream === undefined ? undefined : nodeOf(this, upstream).address,
      sslMode: 'prefer',
      passFile: layout.paths.passFile,
      passwords: { [REPLICATION_ROLE]: this.secrets.replication },
      synchronousNames: anyOf(this.file.synchronous, peers),
      settings: { ...LOCAL_SETTINGS, port: String(address.port), cluster_name: name, hba_file: layout.paths.hbaFile },
      access: LOCAL_ACCESS,
    }
  }

  async urlFor({ node, isAdmin = false }: WhichUrl): Promise<string> {
    const names = node === undefined ? [...this.nodes.keys()] : [node]
    const ways = names.map((name) => this.wayIn(name, isAdmin))
    const { user, password, database } = ways[0] as WayIn
    const hosts = ways.map(({ host, port }) => `${host}:${port}`).join(',')
    return `postgres://${encodeURIComponent(user)}:${password}@${hosts}/${encodeURIComponent(database)}`
  }

  /** @throws {OperationError} there is no such node. */
  wayIn(name: string, isAdmin: boolean): WayIn {
    const { address } = nodeOf(this, name)
    const { admin, app } = this.secrets
    if (isAdmin) return { ...address, user: 'postgres', password: admin, database: 'postgres' }
    return { ...address, user: this.file.appRole, password: app, database: this.file.database }
  }

  async close(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.sql.close()))
  }
}

/** Who the servers of local clusters run as; `undefined`: we. */
export function localOwner(): ReturnType<typeof serverOwner> {
  return serverOwner(OWNERS)
}

async function findAgain(dir: string, major: number): Promise<string> {
  return (await findPrograms(dir, { version: major })).binDir
}
