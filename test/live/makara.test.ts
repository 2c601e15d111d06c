import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { currentSession, type Session, sessionTokens, withSession } from '../../src/index.js'
import { fromMakara } from '../../src/makara.js'
import { Pool } from '../../src/pg.js'
import { startCluster, type TestCluster, type TestContext } from '../../src/testing.js'
import { eventually, next } from '../support/pool.js'

const FAST_PROBES = { probe: { everyMs: 100, timeoutMs: 1500, hungAfterMs: 3000 } }
const tokens = sessionTokens({ keys: ['a key of sixteen bytes or more'] })

let cluster: TestCluster

before(async () => {
  cluster = await startCluster({ replicas: 2 })
  await cluster.primary.admin('create table notes (id int primary key, body text)')
  await cluster.primary.admin('grant all on notes to app')
  await cluster.waitForReplay()
})

after(() => cluster?.stop())

beforeEach(() => cluster.forgetStatements())

/** A pool as a `database.yml` describes it, with all nodes known to be there. */
async function poolFrom(t: TestContext, lines: string, connections = defaultConnections()): Promise<Pool> {
  const pool = poolOf(lines, connections)
  t.after(() => pool.end())
  await pool.query('select 0')
  await eventually(
    () => pool.view().nodes.map((it) => it.health.state),
    (states) => states.every((it) => it === 'up'),
  )
  cluster.forgetStatements()
  return pool
}

function poolOf(lines: string, connections: string): Pool {
  const { options } = fromMakara(
    `makara:\n  blacklist_duration: 0.1\n  ${lines.replaceAll('\n', '\n  ')}\n${connections}`,
  )
  // Patient: a busy machine must not look like replicas that are behind.
  return new Pool({ ...options, ...FAST_PROBES, waitMs: 5000 })
}

function connection(node: string, lines: string): string {
  return `    - ${lines}\n      name: ${node}\n      url: "${cluster.node(node as 'primary').url}"\n`
}

function defaultConnections(): string {
  const nodes = [connection('primary', 'role: primary'), connection('replica-1', 'role: replica')]
  return `  connections:\n${nodes.join('')}${connection('replica-2', 'role: replica')}`
}

/** Runs the text once and asks the servers who ran it. */
async function ranOn(pool: Pool, text: string): Promise<string> {
  await pool.query(text)
  return (await cluster.nodesThatRan(text)).join()
}

async function write(pool: Pool, id: number): Promise<void> {
  await pool.query('insert into notes values ($1, $2) on conflict (id) do update set body = excluded.body', [id, 'x'])
}

/** How often each server ran the text. */
function runsOf(text: string): Record<string, number> {
  const nodes = ['primary', 'replica-1', 'replica-2'] as const
  return Object.fromEntries(
    nodes.map((it) => [
      it,
      cluster
        .node(it)
        .statements()
        .filter((ran) => ran === text).length,
    ]),
  )
}

test('reads run on replicas, and the rest on the primary', async (t) => {
  const pool = await poolFrom(t, '')

  assert.match(await ranOn(pool, '/* a comment */ (select 1) union select 2'), /^replica-\d$/)
  assert.match(await ranOn(pool, 'select\n*\nfrom notes'), /^replica-\d$/)
  assert.equal(await ranOn(pool, "insert into notes values (1, 'one')"), 'primary')
  assert.equal(await ranOn(pool, 'select * from notes for update skip locked; '), 'primary')
})

test('an unknown statement runs on the primary', async (t) => {
  const pool = await poolFrom(t, '')
  const routed = next(pool, 'routed')
  await assert.rejects(pool.query('frobnicate the notes'), { code: '42601' })

  assert.equal((await routed)['node'], 'primary')
})

test('SHOW and EXPLAIN run on a replica', async (t) => {
  const pool = await poolFrom(t, '')

  assert.match(await ranOn(pool, 'show server_version'), /^replica-\d$/)
  assert.match(await ranOn(pool, 'explain select * from notes'), /^replica-\d$/)
})

test('weights divide the reads among replicas', async (t) => {
  const nodes = [connection('primary', 'role: primary'), connection('replica-1', 'weight: 8')]
  const connections = `  connections:\n${nodes.join('')}${connection('replica-2', 'weight: 2')}`
  const pool = await poolFrom(t, 'replica_strategy: round_robin', connections)

  for (let i = 0; i < 100; i++) await pool.query('select 100 as shares')

  await cluster.nodesThatRan('select 100 as shares')
  assert.deepEqual(runsOf('select 100 as shares'), { primary: 0, 'replica-1': 80, 'replica-2': 20 })
})

test('connections are opened when they are needed', async (t) => {
  const pool = poolOf('', defaultConnections())
  t.after(() => pool.end())
  assert.equal(pool.totalCount, 0)

  await pool.query("select 'one'")
  assert.equal(pool.totalCount, 1)
})

test('SET LOCAL stays in its transaction', async (t) => {
  const pool = await poolFrom(t, '')
  const client = await pool.connect()
  await client.query('begin')
  await client.query("set local application_name = 'local'")
  const inside = await client.query('show application_name')
  await client.query('commit')
  const after = await client.query('show application_name')
  client.release()

  assert.equal(inside.rows[0].application_name, 'local')
  assert.notEqual(after.rows[0].application_name, 'local')
})

test('a request that wrote reads from the primary until the time is over', async (t) => {
  const pool = await poolFrom(t, 'primary_ttl: 0.3')
  await withSession(async () => {
    await write(pool, 2)
    assert.equal(await ranOn(pool, 'select 2 as sticks'), 'primary')

    await eventually(
      () => pool.route('select 2')?.reason,
      (reason) => reason === 'read',
    )
    assert.match(await ranOn(pool, 'select 2 as over'), /^replica-/)
  })
})

test('with sticky off a request that wrote reads from replicas', async (t) => {
  const pool = await poolFrom(t, 'sticky: false')
  await withSession(async () => {
    await write(pool, 2)

    assert.match(await ranOn(pool, 'select 3 as loose'), /^replica-/)
  })
})

test('a write in one request holds no other', async (t) => {
  const pool = await poolFrom(t, '')
  const ran = await withSession(async () => {
    await write(pool, 3)
    return withSession(() => ranOn(pool, 'select 4 as other'))
  })

  assert.match(ran, /^replica-/)
})

test('a write outside of any session holds nothing', async (t) => {
  const pool = await poolFrom(t, '')
  await write(pool, 4)

  assert.match(await ranOn(pool, 'select 5 as free'), /^replica-/)
})

test('a pin without a time holds the request, and nothing after it', async (t) => {
  const pool = await poolFrom(t, '')
  const left = await withSession(async (session) => {
    session.pin('primary')
    assert.equal(await ranOn(pool, 'select 6 as pinned'), 'primary')
    return { session, token: session.tokenNow(tokens) }
  })

  const next = await withSession({ token: left.token, tokens }, () => ranOn(pool, 'select 6 as next'))
  assert.match(next, /^replica-/)
  assert.equal(left.session.pinFor('', performance.now()), undefined)
})

test('a pin with a time holds the next request too', async (t) => {
  const pool = await poolFrom(t, '')
  const token = await withSession(async (session) => {
    session.pin('primary', { ttlMs: 60_000 })
    return session.tokenNow(tokens)
  })

  assert.equal(await withSession({ token, tokens }, () => ranOn(pool, 'select 7 as next')), 'primary')
})

test('withoutPin reads from replicas although the request wrote', async (t) => {
  const pool = await poolFrom(t, 'primary_ttl: 5')
  await withSession(async (session) => {
    await write(pool, 5)
    assert.match(await session.withoutPin(() => ranOn(pool, 'select 8 as without')), /^replica-/)
    assert.equal(await ranOn(pool, 'select 8 as again'), 'primary')
  })
  await withSession(async (session) => {
    await session.withoutPin(() => write(pool, 5))
    assert.match(await ranOn(pool, 'select 8 as unpinned'), /^replica-/)
  })
})

test('unpin lets a request read from replicas again', async (t) => {
  const pool = await poolFrom(t, 'id: shop')
  await withSession(async (session) => {
    await write(pool, 6)
    await cluster.waitForReplay()
    session.unpin('shop')
    assert.match(await ranOn(pool, 'select 9 as released'), /^replica-/)
    await write(pool, 6)
    await cluster.waitForReplay()
    session.unpin()
    assert.match(await ranOn(pool, 'select 9 as again'), /^replica-/)
  })
})

test('a request may be pinned to one replica', async (t) => {
  const pool = await poolFrom(t, '')
  await withSession(async (session) => {
    session.pin({ node: 'replica-2' })
    for (let i = 0; i < 10; i++) await pool.query('select 10 as named')
  })

  assert.deepEqual(await cluster.nodesThatRan('select 10 as named'), ['replica-2'])
})

test('a cookie keeps the next request on the primary', async (t) => {
  const pool = await poolFrom(t, 'primary_ttl: 5')
  const cookie = await withSession(async (session) => {
    await write(pool, 7)
    return session.tokenNow(tokens)
  })

  assert.equal(await withSession({ token: cookie, tokens }, () => ranOn(pool, 'select 11 as sent')), 'primary')
  assert.match(await withSession({ token: undefined, tokens }, () => ranOn(pool, 'select 11 as none')), /^replica-/)
})

test('a forged cookie holds nothing', async (t) => {
  const pool = await poolFrom(t, '')
  const forger = sessionTokens({ keys: ['a key that we do not know'] })
  const cookie = withSession((session) => {
    session.pin('primary', { ttlMs: 60_000 })
    return session.tokenNow(forger)
  })

  await withSession({ token: cookie, tokens }, async (session) => {
    assert.equal(session.tokenProblem, 'forged')
    assert.match(await ranOn(pool, 'select 12 as forged'), /^replica-/)
  })
})

test('the three lines of a web server keep a user on the primary', async (t) => {
  const pool = await poolFrom(t, 'primary_ttl: 5')
  let cookie: string | undefined
  const serve = (handle: () => Promise<string>) =>
    withSession({ token: cookie, tokens }, async (session: Session) => {
      const answer = await handle()
      cookie = session.tokenNow(tokens)
      return answer
    })
  await serve(async () => {
    await write(pool, 8)
    return ''
  })

  assert.equal(await serve(() => ranOn(pool, 'select 13 as redirected')), 'primary')
})

test('a request chooses its shard', async (t) => {
  const node = (name: string, lines: string, as: string) =>
    connection(name, lines).replace(`name: ${name}`, `name: ${as}`)
  const connections = `  connections:\n${[
    node('primary', 'role: primary\n      shard_id: one', 'one'),
    node('replica-1', 'role: replica\n      shard_id: one', 'one-r'),
    node('primary', 'role: primary\n      shard_id: two', 'two'),
    node('replica-2', 'role: replica\n      shard_id: two', 'two-r'),
  ].join('')}`
  const lines = 'primary_shard_aware: true\nreplica_shard_aware: true\nprimary_default_shard: one'
  const pool = await poolFrom(t, lines, connections)

  assert.equal(await ranOn(pool, 'select 14 as by_default'), 'replica-1')
  assert.equal(await withSession({ shard: 'two' }, () => ranOn(pool, 'select 14 as chosen')), 'replica-2')
})

test('an unknown shard is an error that names those there are', async (t) => {
  const pool = await poolFrom(t, '')
  await assert.rejects(
    withSession({ shard: 'x' }, async () => pool.query('select 1')),
    { code: 'ERR_UNKNOWN_SHARD', message: 'no shard x; there are (none)' },
  )
})

test('every route tells its node and its reason', async (t) => {
  const pool = await poolFrom(t, '')
  const routed = next(pool, 'routed')
  await pool.query('delete from notes where id < 0')

  const { node, reason, because } = await routed
  assert.deepEqual([node, reason, because], ['primary', 'write', pool.route('delete from notes')?.because])
})

test("errors of the server reach the caller unchanged, and a user's data cannot take a node out", async (t) => {
  const pool = await poolFrom(t, '')
  await assert.rejects(pool.query("select 'could not connect to server: connection refused'::int"), { code: '22P02' })
  await assert.rejects(pool.query("insert into notes values ('server gone away')"), { code: '22P02' })

  assert.deepEqual(
    pool.view().nodes.map((it) => it.health.state),
    ['up', 'up', 'up'],
  )
})

test('an error that a matcher knows takes its node out', async (t) => {
  const pool = await poolFrom(t, "connection_error_matchers: ['/division by zero/']")
  const down = next(pool, 'nodeWentDown')
  await assert.rejects(pool.query('select 1/0'), { code: '22012' })

  assert.match(String((await down)['node']), /^replica-/)
})

test('a transaction whose connection was lost does not go on elsewhere', async (t) => {
  const pool = await poolFrom(t, '')
  const client = await pool.connect()
  client.on('error', () => {})
  await client.query('begin')
  const { rows } = await client.query('select pg_backend_pid() as pid')
  await cluster.primary.admin('select pg_terminate_backend($1)', [rows[0].pid])
  await assert.rejects(client.query("insert into notes values (70, 'half')"))
  await assert.rejects(client.query("insert into notes values (71, 'other half')"))
  client.release(true)

  assert.deepEqual(await cluster.primary.admin('select * from notes where id in (70, 71)'), [])
})

test('a write whose connection was lost is not sent again', async (t) => {
  const pool = await poolFrom(t, '')
  const text = "insert into notes select 80, 'once' from pg_sleep(5)"
  const lost = assert.rejects(pool.query(text))
  await eventually(
    () =>
      cluster.primary.admin("select pg_terminate_backend(pid) from pg_stat_activity where query like '%''once''%5)'"),
    (ended) => ended.length === 1,
  )
  await lost

  assert.deepEqual(await cluster.nodesThatRan(text), ['primary'])
  assert.equal(runsOf(text)['primary'], 1)
})

test('reads go on while a replica is down, and come back to it', async (t) => {
  const pool = await poolFrom(t, 'replica_strategy: round_robin')
  await cluster.stop('replica-1', 'kill')
  for (let i = 0; i < 20; i++) await pool.query('select 15 as hidden')
  assert.deepEqual(await cluster.nodesThatRan('select 15 as hidden'), ['replica-2'])

  await cluster.start('replica-1')
  await next(pool, 'nodeCameUp')
  // It gets little at first.
  for (let i = 0; i < 40; i++) await pool.query('select 16 as back')
  assert.deepEqual(await cluster.nodesThatRan('select 16 as back'), ['replica-1', 'replica-2'])
})

test('failover reads from the first replica, the next while it is down, and the first again', async (t) => {
  const pool = await poolFrom(t, 'replica_strategy: failover')
  assert.equal(await ranOn(pool, 'select 17 as first'), 'replica-1')
  await cluster.stop('replica-1', 'kill')
  assert.equal(await ranOn(pool, 'select 17 as second'), 'replica-2')
  const back = next(pool, 'nodeCameUp')
  await cluster.start('replica-1')
  await back
  assert.equal(await ranOn(pool, 'select 17 as again'), 'replica-1')
})

test('with one replica that is down', async (t) => {
  await cluster.stop('replica-1', 'kill')
  t.after(() => cluster.start('replica-1'))
  const primary = connection('primary', 'role: primary')
  const replica = connection('replica-1', 'role: replica')

  await t.test('a pool starts while a node is down', async (t) => {
    const pool = poolOf('', `  connections:\n${primary}${replica}`)
    t.after(() => pool.end())

    assert.equal(await ranOn(pool, 'select 18 as start'), 'primary')
  })

  await t.test('with all replicas down the primary reads', async (t) => {
    const pool = poolOf('', `  connections:\n${primary}${replica}`)
    t.after(() => pool.end())
    await ranOn(pool, 'select 19')

    assert.equal(await ranOn(pool, 'select 19 as fallen'), 'primary')
  })

  await t.test('a read that fell back to the primary holds nothing', async (t) => {
    const pool = poolOf('id: shop', `  connections:\n${primary}${replica}`)
    t.after(() => pool.end())
    await withSession(async () => {
      await pool.query('select 20')

      assert.equal(currentSession()?.pinFor('shop', performance.now()), undefined)
    })
  })

  await t.test('a replica that is down and never ejected keeps no read waiting', async (t) => {
    const pool = poolOf('disable_blacklist: true', `  connections:\n${primary}${replica}`)
    t.after(() => pool.end())

    for (let i = 0; i < 5; i++) assert.equal(await ranOn(pool, `select 21 as never_${i}`), 'primary')
  })

  await t.test('when nobody is left the error names every node and why', async (t) => {
    const pool = poolOf('', `  connections:\n${replica}`)
    t.after(() => pool.end())

    await assert.rejects(pool.query('select 22'), (error: Error & { code: string; refusals: readonly object[] }) => {
      assert.equal(error.code, 'ERR_NO_REPLICA')
      assert.match(error.message, /^no node can take the read: replica-1 failed: ./)
      return true
    })
  })
})

test('a pool may have replicas only', async (t) => {
  const pool = await poolFrom(t, '', `  connections:\n${connection('replica-1', 'role: replica')}`)
  assert.equal(await ranOn(pool, 'select 23 as only'), 'replica-1')
  await assert.rejects(pool.query('delete from notes'), { code: 'ERR_NO_PRIMARY' })
})

test('a pool may have a primary only', async (t) => {
  const pool = poolOf('', `  connections:\n${connection('primary', 'role: primary')}`)
  t.after(() => pool.end())

  assert.equal(await ranOn(pool, 'select 24 as alone'), 'primary')
})
