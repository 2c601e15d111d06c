import { appendFileSync, existsSync } from 'node:fs'
import type { Part } from '../need.js'
import { eventually } from '../pool.js'
import { BIN_DIR, Daemons, freePorts } from './daemons.js'

const PROGRAM = `${BIN_DIR}/repmgr`

/** What a suite over a real repmgr needs. */
export function repmgrPart(suite: string): Part {
  return { suite, what: 'repmgr (Debian package postgresql-15-repmgr)', isThere: existsSync(PROGRAM) }
}

interface Place {
  readonly id: number
  readonly name: string
  readonly port: number
  readonly dataDir: string
}

/** A primary and a standby that repmgr has registered, on loopback, without its daemon: an operator promotes. */
export class RepmgrPair {
  readonly nodes: readonly [Place, Place]
  readonly #daemons: Daemons

  private constructor(daemons: Daemons, nodes: readonly [Place, Place]) {
    this.#daemons = daemons
    this.nodes = nodes
  }

  static async start(): Promise<RepmgrPair> {
    const daemons = new Daemons('repmgr')
    const ports = await freePorts(2)
    const nodes = [1, 2].map((id) => ({
      ...{ id, name: `n${id}`, port: ports[id - 1] as number, dataDir: daemons.path(`data-${id}`) },
    })) as [Place, Place] & Place[]
    const pair = new RepmgrPair(daemons, nodes)
    try {
      await pair.#makePrimary(nodes[0])
      await pair.#makeStandby(nodes[1], nodes[0])
      return pair
    } catch (error) {
      await pair.stop()
      throw error
    }
  }

  readonly user = { user: 'app', password: 'app', database: 'shop' }

  get urls(): readonly string[] {
    return this.nodes.map(({ port }) => `postgres://repmgr@127.0.0.1:${port}/repmgr`)
  }

  /** The primary dies, and an operator types what repmgr's documentation says. */
  async failOver(): Promise<void> {
    const [old, next] = this.nodes
    await this.#daemons.end(old.name, 'SIGQUIT')
    await this.#repmgr(next, 'standby', 'promote')
  }

  /** The old primary is started again by somebody who does not know better. */
  async startOld(): Promise<void> {
    await this.#run(this.nodes[0])
  }

  async stop(): Promise<void> {
    await this.#daemons.stop(this.nodes.map((it) => it.dataDir))
  }

  async #makePrimary(place: Place): Promise<void> {
    await this.#daemons.run(`${BIN_DIR}/initdb`, [
      '-D',
      place.dataDir,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-k',
      '--no-sync',
    ])
    const settings = `listen_addresses = '127.0.0.1'\nunix_socket_directories = '${this.#daemons.folder}'\nfsync = off
shared_buffers = '32MB'\nwal_log_hints = on\nshared_preload_libraries = 'repmgr'\nwal_keep_size = '64MB'\n`
    appendFileSync(`${place.dataDir}/postgresql.conf`, settings)
    await this.#run(place)
    const psql = ['-X', '-h', '127.0.0.1', '-p', String(place.port), '-U', 'postgres', '-d', 'postgres']
    const texts = [
      'create role repmgr superuser replication login',
      "create role app login password 'app'",
      'create database repmgr owner repmgr',
      'create database shop owner app',
    ]
    await this.#daemons.run(`${BIN_DIR}/psql`, [...psql, ...texts.flatMap((it) => ['-c', it])])
    this.#configure(place)
    await this.#repmgr(place, 'primary', 'register')
  }

  async #makeStandby(place: Place, primary: Place): Promise<void> {
    this.#configure(place)
    const from = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'repmgr', '-d', 'repmgr']
    await this.#repmgr(place, ...from, 'standby', 'clone', '--fast-checkpoint')
    await this.#run(place)
    await this.#repmgr(place, 'standby', 'register', '--wait-start=30')
  }

  #configure({ id, name, port, dataDir }: Place): void {
    const conninfo = `host=127.0.0.1 port=${port} user=repmgr dbname=repmgr connect_timeout=2`
    this.#daemons.write(
      `${name}.conf`,
      `node_id=${id}\nnode_name='${name}'\nconninfo='${conninfo}'\ndata_directory='${dataDir}'\npg_bindir='${BIN_DIR}'\n`,
    )
  }

  async #repmgr({ name }: Place, ...args: readonly string[]): Promise<void> {
    await this.#daemons.run(PROGRAM, ['-f', this.#daemons.path(`${name}.conf`), ...args])
  }

  async #run({ name, port, dataDir }: Place): Promise<void> {
    this.#daemons.start(name, `${BIN_DIR}/postgres`, ['-D', dataDir, '-p', String(port)])
    const ready = ['-q', '-h', '127.0.0.1', '-p', String(port)]
    const isReady = () =>
      this.#daemons.run(`${BIN_DIR}/pg_isready`, ready).then(
        () => true,
        () => false,
      )
    await eventually(isReady, Boolean, 30_000)
  }
}
