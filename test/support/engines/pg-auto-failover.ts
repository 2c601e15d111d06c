import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Part } from '../need.js'
import { eventually } from '../pool.js'
import { BIN_DIR, Daemons, freePorts } from './daemons.js'

const PROGRAM = '/usr/bin/pg_autoctl'

/** What a suite over a real pg_auto_failover needs. */
export function pgAutoFailoverPart(suite: string): Part {
  const isThere = existsSync(PROGRAM) && existsSync('/usr/share/postgresql/15/extension/pgautofailover.control')
  return { suite, what: 'pg_autoctl (Debian packages pg-auto-failover-cli, postgresql-15-auto-failover)', isThere }
}

interface Place {
  readonly name: string
  readonly port: number
  readonly dataDir: string
}

/** A real monitor and its nodes, on loopback. */
export class AutoFailoverCluster {
  readonly nodes: readonly Place[]
  readonly #monitor: Place
  readonly #daemons: Daemons

  private constructor(daemons: Daemons, monitor: Place, nodes: readonly Place[]) {
    this.#daemons = daemons
    this.#monitor = monitor
    this.nodes = nodes
  }

  static async start(count = 2): Promise<AutoFailoverCluster> {
    const daemons = new Daemons('autoctl')
    const ports = await freePorts(count + 1)
    const [monitor, ...nodes] = ['monitor', ...Array.from({ length: count }, (_, i) => `node_${i + 1}`)].map(
      (name, i) => ({
        ...{ name, port: ports[i] as number, dataDir: daemons.path(name) },
      }),
    ) as [Place, ...Place[]]
    const cluster = new AutoFailoverCluster(daemons, monitor, nodes)
    try {
      await cluster.#create(monitor, ['monitor'], [])
      cluster.startNode('monitor')
      for (const it of nodes) {
        const more = ['--listen', '127.0.0.1', '--name', it.name, '--monitor', cluster.monitorUrl]
        await eventually(
          () =>
            cluster.#create(it, ['postgres'], more).then(
              () => true,
              () => false,
            ),
          Boolean,
          60_000,
        )
        cluster.startNode(it.name)
      }
      await cluster.whole()
      await cluster.#makeUser()
      return cluster
    } catch (error) {
      const logs = [monitor, ...nodes].map((it) => daemons.log(it.name)).join('\n')
      await cluster.stop()
      throw new Error(`pg_auto_failover does not start: ${(error as Error).message}\n${logs}`, { cause: error })
    }
  }

  get monitorUrl(): string {
    return `postgres://autoctl_node@127.0.0.1:${this.#monitor.port}/pg_auto_failover?sslmode=disable`
  }

  readonly user = { user: 'app', password: 'app', database: 'postgres' }

  startNode(name: string): void {
    const { dataDir } = this.#place(name)
    this.#daemons.start(name, PROGRAM, ['run', '--pgdata', dataDir], this.#env)
  }

  /** Name and reported state of each. */
  async seen(): Promise<readonly (readonly [string, string])[]> {
    const text = await this.#daemons
      .run(PROGRAM, ['show', 'state', '--json', '--pgdata', this.#monitor.dataDir], this.#env)
      .catch(() => '[]')
    const start = text.indexOf('[')
    const rows = JSON.parse(text.slice(start, text.lastIndexOf(']') + 1) || '[]') as readonly Row[]
    return rows.map((it) => [it.nodename, it.current_group_state])
  }

  whole(): Promise<unknown> {
    return eventually(
      () => this.seen(),
      (it) =>
        it.filter(([, state]) => state === 'primary').length === 1 &&
        it.filter(([, state]) => state === 'secondary').length === this.nodes.length - 1,
      90_000,
    )
  }

  async primary(): Promise<string> {
    const found = (await this.seen()).find(([, state]) => state === 'primary' || state === 'wait_primary')
    if (found === undefined) throw new Error('there is no primary')
    return found[0]
  }

  async switchover(): Promise<void> {
    await this.#daemons.run(PROGRAM, ['perform', 'switchover', '--pgdata', this.#monitor.dataDir], this.#env)
  }

  async stop(): Promise<void> {
    await this.#daemons.stop([this.#monitor, ...this.nodes].map((it) => it.dataDir))
  }

  get #env(): Readonly<Record<string, string>> {
    return {
      XDG_RUNTIME_DIR: this.#daemons.folder,
      XDG_CONFIG_HOME: this.#daemons.folder,
      XDG_DATA_HOME: this.#daemons.folder,
      PG_CONFIG: '',
    }
  }

  #place(name: string): Place {
    const place = [this.#monitor, ...this.nodes].find((it) => it.name === name)
    if (place === undefined) throw new Error(`there is no ${name}`)
    return place
  }

  async #create(place: Place, what: readonly string[], more: readonly string[]): Promise<void> {
    const { port, dataDir } = place
    await this.#daemons.run(
      PROGRAM,
      [
        ...['create', ...what, '--pgdata', dataDir, '--pgport', String(port), '--pgctl', `${BIN_DIR}/pg_ctl`],
        ...['--hostname', '127.0.0.1', '--auth', 'trust', '--no-ssl', ...more],
      ],
      this.#env,
    )
    const file = `${dataDir}/postgresql.conf`
    // It would listen everywhere.
    if (!readFileSync(file, 'utf8').includes('# loopback')) {
      const own = `listen_addresses = '127.0.0.1' # loopback\nunix_socket_directories = '${this.#daemons.folder}'\nfsync = off\nshared_buffers = '32MB'\n`
      appendFileSync(file, own)
    }
  }

  async #makeUser(): Promise<void> {
    const { port } = this.#place(await this.primary())
    for (const it of this.nodes) {
      appendFileSync(`${it.dataDir}/pg_hba.conf`, 'host all app 127.0.0.1/32 scram-sha-256\n')
    }
    const psql = ['-X', '-h', this.#daemons.folder, '-p', String(port), '-d', 'postgres']
    await this.#daemons.run(`${BIN_DIR}/psql`, [
      ...[...psql, '-c', "create role app login password 'app'", '-c', 'grant create on schema public to app'],
      ...['-c', 'grant pg_read_all_stats to app'],
    ])
    for (const it of this.nodes) await this.#daemons.run(`${BIN_DIR}/pg_ctl`, ['-D', it.dataDir, 'reload'])
  }
}

interface Row {
  readonly nodename: string
  readonly current_group_state: string
}
