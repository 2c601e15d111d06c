import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { serverOwner } from '../src/replication/postgresql/programs/owner.js'
import type { TestCluster } from '../src/testing.js'

/** Where Debian's package pgpool2 puts it. */
const PROGRAM = process.env['PGPOOL'] ?? '/usr/sbin/pgpool'

export const isPgpoolThere = existsSync(PROGRAM)

/**
 * A pgpool-II in front of a cluster, set to notice as fast as it can: it is asked for its health every second, which is the least that
 * it takes, and takes a node out at the first error of a connection. It promotes nobody: that is done beside it, as for us.
 */
export class Pgpool {
  readonly port: number
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(port: number, folder: string, process: ChildProcess) {
    this.port = port
    this.#folder = folder
    this.#process = process
  }

  static async start(cluster: TestCluster): Promise<Pgpool> {
    const folder = mkdtempSync(join(tmpdir(), 'pgpool-'))
    const owner = serverOwner(['postgres', 'nobody'])
    if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
    const [port, pcp] = await freePorts(2)
    const file = join(folder, 'pgpool.conf')
    writeFileSync(file, settings(cluster, folder, port as number, pcp as number))
    for (const name of ['pcp.conf', 'pool_hba.conf', 'pool_passwd']) writeFileSync(join(folder, name), '')
    const its = owner === undefined ? {} : { uid: owner.uid, gid: owner.gid }
    const args = ['-n', '-f', file, '-F', join(folder, 'pcp.conf'), '-a', join(folder, 'pool_hba.conf')]
    const child = spawn(PROGRAM, args, { ...its, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4000)
    })
    const pgpool = new Pgpool(port as number, folder, child)
    for (let tries = 0; ; tries++) {
      const client = new pg.Client(pgpool.urlFor(cluster))
      client.on('error', () => undefined)
      try {
        await client.connect()
        await client.query('select 1')
        await client.end()
        return pgpool
      } catch (error) {
        if (tries > 100 || child.exitCode !== null) throw new Error(`pgpool does not start: ${said}`, { cause: error })
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
  }

  /** Waits until it uses every node again. */
  async whole(cluster: TestCluster): Promise<void> {
    const deadlineMs = performance.now() + 60_000
    for (;;) {
      const nodes = await this.#nodes(cluster).catch(() => [])
      if (nodes.length === cluster.nodes.length && nodes.every((it) => it.status === 'up')) return
      if (performance.now() > deadlineMs) throw new Error(`pgpool does not use every node: ${JSON.stringify(nodes)}`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  async #nodes(cluster: TestCluster): Promise<readonly { readonly status: string; readonly role: string }[]> {
    const client = new pg.Client({ connectionString: this.urlFor(cluster), connectionTimeoutMillis: 2000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query('show pool_nodes')).rows
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  urlFor(cluster: TestCluster): string {
    const url = new URL(cluster.primary.url)
    url.port = String(this.port)
    return url.href
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const over = once(this.#process, 'exit')
      this.#process.kill('SIGINT')
      await over
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** @see https://www.pgpool.net/docs/43/en/html/runtime-config.html */
function settings(cluster: TestCluster, folder: string, port: number, pcp: number): string {
  const admin = new URL(cluster.primary.adminUrl)
  const password = decodeURIComponent(admin.password)
  const backends = cluster.nodes.map(
    ({ name, port: at }, n) =>
      `backend_hostname${n} = '127.0.0.1'\nbackend_port${n} = ${at}\nbackend_weight${n} = 1\n` +
      // By it pgpool knows that a node streams again, and takes it back.
      `backend_application_name${n} = '${name}'\nbackend_flag${n} = 'ALLOW_TO_FAILOVER'\n`,
  )
  const who = ['sr_check', 'health_check'].map(
    (it) => `${it}_user = '${decodeURIComponent(admin.username)}'\n${it}_password = '${password}'\n${it}_period = 1\n`,
  )
  return `backend_clustering_mode = 'streaming_replication'
listen_addresses = '127.0.0.1'
port = ${port}
pcp_port = ${pcp}
pcp_listen_addresses = '127.0.0.1'
unix_socket_directories = '${folder}'
pcp_socket_dir = '${folder}'
pid_file_name = '${folder}/pgpool.pid'
logdir = '${folder}'
work_dir = '${folder}'
enable_pool_hba = off
allow_clear_text_frontend_auth = on
num_init_children = 20
max_pool = 2
load_balance_mode = on
sr_check_database = 'postgres'
health_check_database = 'postgres'
health_check_timeout = 1
health_check_max_retries = 0
failover_on_backend_error = on
failover_on_backend_shutdown = on
failover_command = ''
follow_primary_command = ''
search_primary_node_timeout = 60
auto_failback = on
auto_failback_interval = 1
${backends.join('')}${who.join('')}`
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((it) => once(it, 'listening')))
  const ports = servers.map((it) => (it.address() as { port: number }).port)
  await Promise.all(servers.map((it) => once(it.close(), 'close')))
  return ports
}
