import { existsSync } from 'node:fs'
import { stringify } from 'yaml'
import type { Part } from '../need.js'
import { eventually } from '../pool.js'
import { BIN_DIR, Daemons, freePorts } from './daemons.js'

/** What a suite over a real Patroni needs. */
export function patroniPart(suite: string): Part {
  const parts = {
    '/usr/bin/patroni': 'patroni',
    '/usr/bin/etcd': 'etcd-server',
    [`${BIN_DIR}/postgres`]: 'postgresql-15',
  }
  const missing = Object.entries(parts).filter(([path]) => !existsSync(path))
  const what = missing.map(([path, name]) => `${path.split('/').at(-1)} (Debian package ${name})`).join(', ')
  return { suite, what, isThere: missing.length === 0 }
}

interface Member {
  readonly name: string
  readonly port: number
  readonly rest: number
  readonly dataDir: string
}

/** A real Patroni with etcd, on loopback: as a company would have it, but quicker to notice that a leader is gone. */
export class PatroniCluster {
  readonly members: readonly Member[]
  readonly #daemons: Daemons

  private constructor(daemons: Daemons, members: readonly Member[]) {
    this.#daemons = daemons
    this.members = members
  }

  static async start(count = 3): Promise<PatroniCluster> {
    const daemons = new Daemons('patroni')
    const [client, peer, ...ports] = (await freePorts(2 + 2 * count)) as [number, number, ...number[]]
    const members = Array.from({ length: count }, (_, i) => ({
      ...{ name: `n${i + 1}`, port: ports[2 * i] as number, rest: ports[2 * i + 1] as number },
      dataDir: daemons.path(`data-${i + 1}`),
    }))
    const cluster = new PatroniCluster(daemons, members)
    try {
      cluster.#startStore(client, peer)
      for (const it of members) daemons.write(`${it.name}.yml`, configOf(it, client, daemons.folder))
      // The first makes the cluster, the others copy it.
      cluster.startMember('n1')
      await cluster.until((it) => it.some(isLeader))
      for (const it of members.slice(1)) cluster.startMember(it.name)
      await cluster.whole()
      await cluster.#makeUser()
      return cluster
    } catch (error) {
      const logs = members.map((it) => daemons.log(it.name)).join('\n')
      await cluster.stop()
      throw new Error(`Patroni does not start: ${(error as Error).message}\n${logs}`, { cause: error })
    }
  }

  get apis(): readonly string[] {
    return this.members.map((it) => `http://127.0.0.1:${it.rest}`)
  }

  /** Of the application. */
  readonly user = { user: 'app', password: 'app', database: 'postgres' }

  startMember(name: string): void {
    this.#daemons.start(name, '/usr/bin/patroni', [this.#daemons.path(`${name}.yml`)])
  }

  /** What it says of itself, by the first member that answers. */
  async seen(): Promise<readonly Seen[]> {
    for (const api of this.apis) {
      try {
        const answer = await fetch(`${api}/cluster`, { signal: AbortSignal.timeout(2000) })
        return ((await answer.json()) as { members: readonly Seen[] }).members
      } catch {
        // This one is down; the next may answer.
      }
    }
    return []
  }

  async leader(): Promise<string> {
    const leader = (await this.seen()).find(isLeader)
    if (leader === undefined) throw new Error('nobody leads')
    return leader.name
  }

  until(isGood: (seen: readonly Seen[]) => boolean): Promise<unknown> {
    return eventually(() => this.seen(), isGood, 90_000)
  }

  /** All are there and stream from one leader, and one of them is synchronous: it can take over. */
  whole(): Promise<unknown> {
    const count = this.members.length
    const isWhole = (seen: readonly Seen[]) =>
      seen.filter(isRunning).length === count - 1 &&
      seen.some(isLeader) &&
      seen.some(({ role }) => role === 'sync_standby')
    return this.until(isWhole)
  }

  /** Asks Patroni for one, as an operator does. */
  async switchover(): Promise<void> {
    const leader = await this.leader()
    const body = JSON.stringify({ leader })
    const api = `http://127.0.0.1:${this.#member(leader).rest}`
    const answer = await fetch(`${api}/switchover`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    if (!answer.ok) throw new Error(`Patroni refuses: ${answer.status} ${await answer.text()}`)
  }

  /** The machine of the leader is gone, with Patroni on it. @returns its name. */
  async killLeader(): Promise<string> {
    const leader = await this.leader()
    await Promise.all([this.#daemons.end(leader, 'SIGKILL'), this.#daemons.crash(this.#member(leader).dataDir)])
    return leader
  }

  async stop(): Promise<void> {
    await this.#daemons.stop(this.members.map((it) => it.dataDir))
  }

  #member(name: string): Member {
    const member = this.members.find((it) => it.name === name)
    if (member === undefined) throw new Error(`there is no ${name}`)
    return member
  }

  #startStore(client: number, peer: number): void {
    const at = (port: number) => `http://127.0.0.1:${port}`
    this.#daemons.start('etcd', '/usr/bin/etcd', [
      ...['--name', 'e1', '--data-dir', this.#daemons.path('etcd'), '--log-level', 'error'],
      ...['--listen-client-urls', at(client), '--advertise-client-urls', at(client)],
      ...['--listen-peer-urls', at(peer), '--initial-advertise-peer-urls', at(peer)],
      ...['--initial-cluster', `e1=${at(peer)}`],
    ])
  }

  async #makeUser(): Promise<void> {
    const { port } = this.#member(await this.leader())
    await this.#daemons.run(`${BIN_DIR}/psql`, [
      ...['-X', '-h', this.#daemons.folder, '-p', String(port), '-U', 'postgres', '-d', 'postgres'],
      ...['-c', "create role app login password 'app'", '-c', 'grant create on schema public to app'],
      ...['-c', 'grant pg_read_all_stats to app'],
    ])
  }
}

interface Seen {
  readonly name: string
  readonly role: string
  readonly state: string
}

function isLeader({ role, state }: Seen): boolean {
  return role === 'leader' && state === 'running'
}

function isRunning({ role, state }: Seen): boolean {
  return role !== 'leader' && (state === 'running' || state === 'streaming')
}

function configOf({ name, port, rest, dataDir }: Member, store: number, folder: string): string {
  return stringify({
    scope: 'shop',
    name,
    restapi: { listen: `127.0.0.1:${rest}`, connect_address: `127.0.0.1:${rest}` },
    etcd3: { host: `127.0.0.1:${store}` },
    bootstrap: {
      dcs: {
        ...{ ttl: 5, loop_wait: 1, retry_timeout: 2, primary_start_timeout: 0, synchronous_mode: true },
        postgresql: {
          use_pg_rewind: true,
          use_slots: true,
          parameters: { max_connections: 60, wal_keep_size: '64MB' },
        },
      },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
    },
    postgresql: {
      listen: `127.0.0.1:${port}`,
      connect_address: `127.0.0.1:${port}`,
      data_dir: dataDir,
      bin_dir: BIN_DIR,
      pgpass: `${folder}/${name}.pgpass`,
      use_unix_socket: true,
      authentication: {
        superuser: { username: 'postgres', password: 'postgres' },
        replication: { username: 'replicator', password: 'replicator' },
        rewind: { username: 'rewinder', password: 'rewinder' },
      },
      parameters: { unix_socket_directories: folder, shared_buffers: '32MB', fsync: 'off' },
      pg_hba: [
        'local all all trust',
        'host replication replicator 127.0.0.1/32 scram-sha-256',
        'host all all 127.0.0.1/32 scram-sha-256',
      ],
    },
  })
}
