import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { Pool } from '../../../src/pg.js'
import { LocalCluster } from '../../../src/replication/postgresql/local/local-cluster.js'
import { childrenOf } from '../../../src/testing/processes.js'
import { processesWith } from '../../contract/host.js'
import { done, type Event, sluice, startSluice, stepsOf } from '../../support/cli.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'
import { missing, Writer } from '../../support/writer.js'

const PSQL = {
  suite: 'sluice psql',
  what: 'psql (Debian package postgresql-client)',
  isThere: spawnSync('psql', ['--version']).status === 0,
}

let root: string
before(() => {
  root = mkdtempSync(join(tmpdir(), 'local-'))
  chmodSync(root, 0o711)
  // Whoever runs the servers has to come through.
  mkdirSync(join(root, 'open'), { mode: 0o755 })
})
after(() => rmSync(root, { recursive: true }))

describe('a cluster on this machine, by one command each', () => {
  let dir: string
  let url: string
  let cluster: LocalCluster
  const run = (command: string, ...args: readonly string[]) => sluice(command, ...args, '--dir', dir, '--json')
  const status = async (): Promise<Event> => (await run('status')).events()[0] as Event
  const healthy = async () => {
    const seen = await status()
    assert.deepEqual([seen.health, seen.problems], ['healthy', []])
    return seen
  }
  const rolesOf = (seen: Event) => seen.nodes?.map((it) => `${it['node']} ${it['role']}`)
  const asAdmin = async (name: string, text: string) => {
    const client = new pg.Client({ connectionString: await cluster.urlFor({ node: name, isAdmin: true }) })
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }
  const postmasterOf = (name: string) =>
    Number(readFileSync(join(dir, name, 'data/postmaster.pid'), 'utf8').split('\n')[0])

  before(async () => {
    dir = join(root, 'open/cluster')
    const made = done(await sluice('up', '--local', '3', '--dir', dir, '--json'))
    url = made.events().at(-1)?.url ?? ''
    cluster = await LocalCluster.open(dir)
  })
  after(async () => {
    await cluster?.close()
    done(await run('down', '--delete'))
    assert.ok(!existsSync(dir))
  })

  test('it is a primary with two standbys, which stream, each from a slot of its own', async () => {
    const seen = await healthy()
    assert.deepEqual(rolesOf(seen), ['node-1 primary', 'node-2 standby', 'node-3 standby'])
    assert.deepEqual(await asAdmin('node-1', 'select slot_name, active from pg_replication_slots order by slot_name'), [
      { slot_name: 'node_2', active: true },
      { slot_name: 'node_3', active: true },
    ])
  })

  test('its URL is for a pool: writes go to the primary, and reads to standbys', async () => {
    const pool = new Pool({ connectionString: url })
    await pool.query('create table notes (body text)')
    await pool.query("insert into notes values ('kept')")
    const { rows } = await pool.query('select pg_is_in_recovery() as "isStandby" from notes')
    assert.deepEqual(rows, [{ isStandby: true }])
    await pool.end()
  })

  test('passwords stand in one file that only its owner reads, and in passfiles of the servers; never among processes', () => {
    const secrets = join(dir, 'secrets.json')
    assert.equal(statSync(secrets).mode & 0o777, 0o600)
    assert.equal(statSync(join(dir, 'node-2/conf/passfile')).mode & 0o777, 0o600)
    for (const secret of Object.values(JSON.parse(readFileSync(secrets, 'utf8')) as Record<string, string>)) {
      assert.deepEqual(processesWith(secret), [])
      for (const name of cluster.nodes.keys()) {
        assert.ok(!readFileSync(join(dir, name, 'log/postgresql.log'), 'utf8').includes(secret))
        assert.ok(!readFileSync(join(dir, name, 'conf/sluice.conf'), 'utf8').includes(secret))
      }
      assert.ok(!readFileSync(join(dir, 'cluster.json'), 'utf8').includes(secret))
    }
  })

  test('whoever replicates is no superuser, and can rewind', async () => {
    const [role] = await asAdmin('node-1', "select rolsuper, rolreplication from pg_roles where rolname = 'replicator'")
    assert.deepEqual(role, { rolsuper: false, rolreplication: true })
  })

  test('up again finds that everything is done, and proves it', async () => {
    assert.deepEqual(stepsOf(done(await run('up'))), ['node-1 prove'])
  })

  test('another number of nodes is refused, and the commands that change it are named', async () => {
    const ended = await run('up', '--local', '2')
    const error = ended.events()[0]
    assert.equal(ended.code, 1)
    assert.match(`${error?.message} ${error?.hint}`, /has 3 nodes, and --local is 2 sluice add and sluice remove/)
  })

  test('while one operation goes on, another is refused', async () => {
    const lock = await cluster.lock('switchover of somebody')
    const ended = await run('up')
    await lock.release()
    assert.equal(ended.code, 1)
    assert.match(ended.events()[0]?.message ?? '', /locked by sluice switchover of somebody, process \d+/)
  })

  test('a dry run changes nothing', async () => {
    const [plan] = done(await run('switchover', '--to', 'node-3', '--dry-run')).events()
    assert.equal(plan?.steps?.find((it) => it.kind === 'promote')?.node, 'node-3')
    assert.deepEqual(rolesOf(await healthy()), ['node-1 primary', 'node-2 standby', 'node-3 standby'])
  })

  test('a switchover loses no write that was acknowledged', async (t) => {
    const writer = await Writer.start(url, t)
    done(await run('switchover', '--to', 'node-2'))
    const acknowledged = await writer.end()
    assert.deepEqual(await missing(url, acknowledged), [])
    assert.ok(acknowledged.length > 0)
    assert.deepEqual(rolesOf(await healthy()), ['node-1 standby', 'node-2 primary', 'node-3 standby'])
  })

  test('a switchover whose target gets no more is put back', async () => {
    const [receiver] = await asAdmin('node-1', 'select pid from pg_stat_wal_receiver')
    process.kill(receiver.pid, 'SIGSTOP')
    const ended = await run('switchover', '--to', 'node-1')
    process.kill(receiver.pid, 'SIGCONT')
    assert.equal(ended.code, 1)
    assert.match(
      ended.events().at(-1)?.message ?? '',
      /^node-1: wait until it has all that node-2 wrote: not within 10 s/,
    )
    assert.ok(ended.events().some((it) => it.event === 'putting-back'))
    await eventually(status, (it) => it.health === 'healthy', 30_000)
    assert.deepEqual(rolesOf(await healthy()), ['node-1 standby', 'node-2 primary', 'node-3 standby'])
    assert.deepEqual(await asAdmin('node-1', 'select slot_name from pg_replication_slots'), [])
  })

  test('a failover from a primary that lives is refused', async () => {
    const ended = await run('failover')
    assert.deepEqual([ended.code, ended.events()[0]?.hint], [1, 'sluice switchover loses nothing'])
  })

  test('after a crash of the primary a standby takes over, the others follow, and it rejoins by a rewind', async () => {
    process.kill(postmasterOf('node-2'), 'SIGKILL')
    const down = await run('status')
    assert.equal(down.code, 4)
    const over = done(await run('failover', '--to', 'node-1', '--force'))
    assert.ok(stepsOf(over).includes('node-3 await-streaming'))
    const degraded = await run('status')
    assert.equal(degraded.code, 3)
    assert.deepEqual(degraded.events()[0]?.problems, ['node-2 does not run: sluice rejoin node-2'])
    assert.deepEqual(stepsOf(done(await run('up'))), ['node-1 prove'])
    done(await run('rejoin', 'node-2'))
    assert.deepEqual(rolesOf(await healthy()), ['node-1 primary', 'node-2 standby', 'node-3 standby'])
    assert.deepEqual(await asAdmin('node-2', 'select slot_name from pg_replication_slots'), [])
  })

  test('a primary that is frozen is ended before another takes over', async () => {
    const pid = postmasterOf('node-1')
    const family = [pid, ...childrenOf(pid).map((it) => it.pid)]
    for (const it of family) process.kill(it, 'SIGSTOP')
    const over = done(await run('failover'))
    assert.equal(stepsOf(over)[0], 'node-1 stop')
    for (const it of family) assert.throws(() => process.kill(it, 0), { code: 'ESRCH' })
    done(await run('rejoin', 'node-1'))
    await healthy()
  })

  test('a standby can be made anew, and the old data stays beside', async () => {
    const primary = (await status()).nodes?.find((it) => it['role'] === 'primary')?.['node']
    const name = primary === 'node-3' ? 'node-2' : 'node-3'
    const events = done(await run('rejoin', name, '--fresh')).events()
    const said = events.find((it) => it.event === 'said' && it.text?.startsWith('the old data is in '))?.text ?? ''
    assert.ok(existsSync(join(said.replace('the old data is in ', ''), 'PG_VERSION')), said)
    await healthy()
  })

  test('a node is added, and taken out again with its slot', async () => {
    done(await run('add'))
    assert.equal((await healthy()).nodes?.length, 4)
    done(await run('remove', 'node-4', '--delete'))
    assert.ok(!existsSync(join(dir, 'node-4')))
    const seen = await healthy()
    const primary = String(seen.nodes?.find((it) => it['role'] === 'primary')?.['node'])
    const slots = await asAdmin(primary, "select slot_name from pg_replication_slots where slot_name = 'node_4'")
    assert.deepEqual(slots, [])
  })

  test('it stops, with everything that was written on every node, and starts again as it was', async () => {
    const before = rolesOf(await healthy())
    done(await run('down'))
    assert.equal((await run('status')).code, 4)
    done(await run('up'))
    assert.deepEqual(rolesOf(await healthy()), before)
    const pool = new Pool({ connectionString: url })
    assert.deepEqual((await pool.query('select body from notes')).rows, [{ body: 'kept' }])
    await pool.end()
  })

  test('a node that is none is named, with those that are', async () => {
    for (const command of ['logs', 'url', 'rejoin', 'remove']) {
      const ended = await run(command, 'node-9')
      assert.equal(ended.code, 1)
      assert.match(`${ended.events()[0]?.message} ${ended.events()[0]?.hint}`, /node-9.*node-1, node-2, node-3/s)
    }
  })

  test('logs shows the end of the servers’ logs', async () => {
    assert.match(done(await sluice('logs', 'node-2', '-n', '1', '--dir', dir)).out, /^\d{4}-\d\d-\d\d .* GMT \[\d+\]/)
  })

  test('psql is on the primary, as the application', need(PSQL), async () => {
    const said = await sluice('psql', '--dir', dir, '--', '-Atc', 'select current_user, pg_is_in_recovery()')
    assert.equal(done(said).out, 'app|f\n')
  })
})

test('a start that was killed at any moment is gone on with by the next', async () => {
  for (const [kind, node] of [
    ['create', 'node-1'],
    ['start', 'node-1'],
    ['clone', 'node-2'],
  ] as const) {
    const dir = join(root, 'open', `killed-${kind}`)
    const args = ['--dir', dir, '--json']
    const started = startSluice(['up', '--local', '2', ...args], (line) => {
      const { event, step } = JSON.parse(line) as Event
      if (event === 'started' && step?.kind === kind && step.node === node) started.child.kill('SIGKILL')
    })
    assert.equal((await started.ended).code, null)
    const again = await eventually(
      () => sluice('up', ...args),
      // Whatever the killed one had begun may not have ended yet.
      (it) => it.code === 0,
      60_000,
    )
    assert.equal(again.events().at(-1)?.event, 'ready')
    assert.equal((await sluice('status', ...args)).code, 0)
    done(await sluice('down', '--delete', ...args))
  }
})

test('a server that cannot start says why, with the end of its log', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const dir = join(root, 'open', 'taken')
  t.after(async () => done(await sluice('down', '--delete', '--dir', dir)))
  const ended = await sluice('up', '--local', '1', '--dir', dir, '--port', String(port))
  assert.equal(ended.code, 1)
  assert.match(
    ended.err,
    /sluice up: node-1: start: exit code 1: .*the log of node-1 ends with:.*Address already in use/s,
  )
})

test('with --sync a commit waits for a standby', async (t) => {
  const dir = join(root, 'open', 'sync')
  t.after(async () => done(await sluice('down', '--delete', '--dir', dir)))
  const made = done(await sluice('up', '--local', '2', '--sync', '1', '--dir', dir, '--json'))
  const client = new pg.Client({
    connectionString: made
      .events()
      .at(-1)
      ?.url?.replace(/,[^/]*/, ''),
  })
  await client.connect()
  const { rows } = await client.query('select application_name, sync_state from pg_stat_replication')
  await client.end()
  assert.deepEqual(rows, [{ application_name: 'node-2', sync_state: 'quorum' }])
})

test('what cannot be is refused before anything is made', async () => {
  const dir = join(root, 'open', 'none')
  const none = await sluice('status', '--dir', dir)
  assert.equal(none.code, 1)
  assert.match(none.err, /there is no .*cluster\.json\n {2}sluice up --local 3 makes a cluster/)
  const tooMany = await sluice('up', '--local', '2', '--sync', '2', '--dir', dir)
  assert.match(tooMany.err, /--sync 2 needs 3 nodes, and --local is 2\n {2}sluice up --local 3 --sync 2/)
  assert.equal((await sluice('up', '--local', '12', '--dir', dir)).code, 2)
  assert.match(done(await sluice('up', '--local', '2', '--dry-run', '--dir', dir)).err, /node-2 +copy node-1/)
  assert.ok(!existsSync(dir))
})
