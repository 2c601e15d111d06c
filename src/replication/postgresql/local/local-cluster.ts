import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { HostLock } from '../host.js'
import { LocalHost } from '../hosts/local-host.js'
import { OwnLayout } from '../layouts/own-layout.js'
import { hashOf, lookAt } from '../nodes/look.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import { hasData } from '../nodes/node-state.js'
import type { Survey } from '../operations/survey.js'
import { type ClusterSpec, nodeOf, type Secrets, type Work } from '../operations/work.js'
import { serverOwner } from '../programs/owner.js'
import { PgSql } from '../sql/pg-sql.js'
import { filesOf } from '../steps/configure.js'
import { type ClusterFile, readCluster, readSecrets } from './cluster-file.js'
import { findPrograms } from './programs.js'

/** Whoever has a home for servers comes first: these last. */
const OWNERS = ['postgres', 'nobody']
const LOCAL = '127.0.0.1'

/** How somebody connects to one node. */
export interface WayIn {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A lasting cluster on this machine, in one folder. */
export class LocalCluster {
  readonly dir: string
  readonly file: ClusterFile
  readonly secrets: Secrets
  readonly nodes: ReadonlyMap<string, ManagedNode>
  readonly #host: LocalHost

  private constructor(dir: string, file: ClusterFile, secrets: Secrets) {
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
    return { name: 'local', database, appRole, synchronous }
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
    const work = this.work(() => undefined)
    return {
      states,
      ports: new Map(this.file.nodes.map(({ name, port }) => [name, port])),
      database: this.file.database,
      isConfigured: (name, upstream) => {
        const state = states.get(name)
        if (state === undefined || !hasData(state)) return false
        return filesOf(work, name, upstream).every(({ path, text }) => state.files.get(path) === hashOf(text))
      },
    }
  }

  work(report: Work['report'], signal?: AbortSignal): Work {
    const { spec, secrets, nodes } = this
    return { spec, secrets, nodes, report, ...(signal === undefined ? {} : { signal }) }
  }

  /** For the application: all nodes, in any order; it finds out who is the primary. */
  get url(): string {
    return this.urlFor({})
  }

  /** @throws {OperationError} there is no such node. */
  urlFor({ node, isAdmin = false }: { node?: string | undefined; isAdmin?: boolean }): string {
    const names = node === undefined ? [...this.nodes.keys()] : [node]
    const ways = names.map((name) => this.wayIn(name, isAdmin))
    const { user, password, database } = ways[0] as WayIn
    const hosts = ways.map(({ host, port }) => `${host}:${port}`).join(',')
    return `postgres://${encodeURIComponent(user)}:${password}@${hosts}/${encodeURIComponent(database)}`
  }

  /** @throws {OperationError} there is no such node. */
  wayIn(name: string, isAdmin: boolean): WayIn {
    const { address } = nodeOf(
      this.work(() => undefined),
      name,
    )
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
