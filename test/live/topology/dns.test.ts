import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { Pool } from '../../../src/pg.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { dns } from '../../../src/topology.js'
import { Daemons, freePorts } from '../../support/engines/daemons.js'
import { need } from '../../support/need.js'
import { eventually, next } from '../../support/pool.js'

const PROGRAM = '/usr/sbin/dnsmasq'
const part = { suite: 'nodes from DNS', what: 'dnsmasq (Debian package dnsmasq-base)', isThere: existsSync(PROGRAM) }

/** A real name server on loopback, that knows what it was started with. */
class NameServer {
  readonly #daemons = new Daemons('names')
  #port = 0
  #isRunning = false

  async serve(records: readonly string[]): Promise<void> {
    await this.#daemons.end('dnsmasq')
    if (this.#port === 0) [this.#port] = (await freePorts(1)) as [number]
    const always = ['--keep-in-foreground', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--no-daemon']
    const place = [`--port=${this.#port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--pid-file=']
    this.#daemons.start('dnsmasq', PROGRAM, [...always, ...place, '--local=/test/', ...records])
    this.#isRunning = true
  }

  get address(): string {
    if (!this.#isRunning) throw new Error('it does not run')
    return `127.0.0.1:${this.#port}`
  }

  async stop(): Promise<void> {
    await this.#daemons.stop()
  }
}

describe('nodes from DNS', need(part), () => {
  const names = new NameServer()
  let cluster: TestCluster

  before(async () => {
    cluster = await startCluster({ replicas: 2 })
  })
  after(async () => {
    await names.stop()
    await cluster?.stop()
  })

  const service = (port: number) => `--srv-host=_postgresql._tcp.shop.test,localhost,${port},0,1`
  const who = () => {
    const { username: user, password, pathname } = new URL(cluster.primary.url)
    return { user, password, database: pathname.slice(1), probe: { everyMs: 200 } }
  }

  test('by SRV records, which tell the ports; one that is gone drains', async (t) => {
    await names.serve(cluster.nodes.map((it) => service(it.port)))
    const topology = dns({ host: '_postgresql._tcp.shop.test', srv: true, everyMs: 100, servers: [names.address] })
    const pool = new Pool({ ...who(), topology })
    t.after(() => pool.end())
    await eventually(
      () =>
        pool.query('select 1').then(
          () => pool.view().nodes.length,
          () => 0,
        ),
      (it) => it === 3,
    )
    await pool.query('create table from_dns (n int)')
    const removed = next(pool, 'nodeRemoved')
    await names.serve(cluster.nodes.slice(0, 2).map((it) => service(it.port)))
    assert.equal((await removed)['address'], `localhost:${cluster.nodes[2]?.port}`)
    await pool.query('insert into from_dns values (1)')
  })

  test('by addresses, for as long as their TTL says', async (t) => {
    await names.serve(['--host-record=shop.test,127.0.0.1,1'])
    const topology = dns({ host: 'shop.test', port: cluster.primary.port, everyMs: 50, servers: [names.address] })
    const pool = new Pool({ ...who(), topology })
    t.after(() => pool.end())
    await eventually(
      () =>
        pool.query('select 1').then(
          () => pool.view().nodes.map((it) => it.address),
          () => [],
        ),
      (it) => it[0] === `127.0.0.1:${cluster.primary.port}`,
    )
  })

  test('a name without any is an error that names it', async (t) => {
    await names.serve([])
    const pool = new Pool({
      ...who(),
      topology: dns({ host: 'nobody.test', servers: [names.address] }),
      acquireTimeoutMs: 3000,
    })
    t.after(() => pool.end())
    const failed = next(pool, 'topologyFailed')
    await assert.rejects(pool.query('select 1'), { code: 'ERR_NO_REPLICA' })
    assert.match(((await failed)['error'] as Error).message, /nobody\.test/)
  })
})
