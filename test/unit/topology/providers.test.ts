import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FoundTopology, Surroundings, Topology, TopologyNode } from '../../../src/model/topology.js'
import { aurora } from '../../../src/topology/aurora.js'
import { patroni } from '../../../src/topology/patroni.js'
import { readConninfo, repmgr } from '../../../src/topology/repmgr.js'
import { standbys } from '../../../src/topology/standbys.js'

async function found(topology: Topology, more: Partial<Surroundings> = {}): Promise<readonly TopologyNode[]> {
  const nobody = () => Promise.reject(new Error('nobody is asked'))
  const surroundings = { ask: nobody, askAt: nobody, signal: new AbortController().signal, ...more }
  const answer = await topology.find(surroundings)
  return 'nodes' in answer ? (answer as FoundTopology).nodes : answer
}

describe('Patroni', () => {
  const members = [
    {
      name: 'n1',
      role: 'leader',
      state: 'running',
      host: '10.0.0.1',
      port: 5432,
      api_url: 'http://10.0.0.1:8008/patroni',
    },
    {
      ...{ name: 'n2', role: 'replica', state: 'streaming', host: '10.0.0.2', port: 5433, lag: 'unknown' },
      ...{ api_url: 'http://10.0.0.2:8008/patroni', tags: { noloadbalance: true } },
    },
    { name: 'n3', role: 'replica', state: 'creating replica', host: '10.0.0.3', port: 5432, lag: 0 },
  ]
  /** As its REST interface answers, by URL; whoever is not there refuses. */
  const answering = (answers: Readonly<Record<string, unknown>>): typeof fetch =>
    (async (url: unknown) => {
      const answer = answers[String(url)]
      if (answer === undefined) throw new Error(`${url} refuses`)
      return typeof answer === 'number' ? new Response(null, { status: answer }) : Response.json(answer)
    }) as typeof fetch
  const cluster = 'http://10.0.0.1:8008/cluster'
  const leader = 'http://10.0.0.1:8008/primary'
  const find = (answers: Readonly<Record<string, unknown>>, asked = ['http://10.0.0.1:8008']) =>
    found(patroni({ members: asked, fetch: answering(answers) }))

  test('names the leader that says so itself, and who shall not read; what is no server yet is left out', async () => {
    assert.deepEqual(await find({ [cluster]: { members }, [leader]: 200 }), [
      { name: 'n1', host: '10.0.0.1', port: 5432, isLeader: true, takesReads: true },
      { name: 'n2', host: '10.0.0.2', port: 5433, isLeader: false, takesReads: false },
    ])
  })

  test('names nobody when the one in the list has demoted itself, does not answer, or nobody decides', async () => {
    const isNamed = async (answers: Readonly<Record<string, unknown>>) =>
      (await find(answers)).some((it) => it.isLeader)
    assert.equal(await isNamed({ [cluster]: { members }, [leader]: 503 }), false)
    assert.equal(await isNamed({ [cluster]: { members } }), false)
    assert.equal(await isNamed({ [cluster]: { members, pause: true }, [leader]: 200 }), false)
  })

  test('is asked where it is there, and learns of the other members', async () => {
    const topology = patroni({
      members: ['http://10.0.0.9:8008', 'http://10.0.0.1:8008'],
      fetch: answering({ [cluster]: { members }, 'http://10.0.0.2:8008/cluster': { members: members.slice(0, 1) } }),
    })
    assert.equal((await found(topology)).length, 2)
    const nobody = patroni({ members: ['http://10.0.0.9:8008'], fetch: answering({}) })
    await assert.rejects(found(nobody), /no member of Patroni answers: http:\/\/10\.0\.0\.9:8008\/cluster refuses/)
  })

  test('refuses what is no URL', () => {
    assert.throws(() => patroni({ members: [] }), /must name at least one/)
    assert.throws(() => patroni({ members: ['10.0.0.1:8008'] }), /must be a URL such as/)
  })
})

test('repmgr: every copy of its table counts, witnesses do not', async () => {
  const row = (node_name: string, type: string, conninfo: string) => ({ node_name, type, conninfo, active: true })
  const copies: Readonly<Record<string, readonly object[]>> = {
    'postgres://a/repmgr': [row('a', 'primary', "host=a port=5433 dbname='my repmgr'"), row('w', 'witness', 'host=w')],
    'postgres://b/repmgr': [row('b', 'standby', 'hostaddr = 10.0.0.2')],
  }
  const askAt = async (url: string) => {
    const rows = copies[url]
    if (rows === undefined) throw new Error(`${url} is down`)
    return rows as never
  }
  const urls = [...Object.keys(copies), 'postgres://c/repmgr']
  assert.deepEqual(await found(repmgr({ urls }), { askAt }), [
    { name: 'a', host: 'a', port: 5433 },
    { name: 'b', host: '10.0.0.2' },
  ])
  await assert.rejects(found(repmgr({ urls: ['postgres://c/repmgr'] }), { askAt }), /is down/)
})

test('a connection string of libpq is read with its quotes', () => {
  assert.deepEqual(readConninfo(String.raw`host=a port = 5433 password='it\'s \\ a secret' host=b`), {
    ...{ host: 'b', port: '5433', password: String.raw`it's \ a secret` },
  })
})

test('standbys: where each connects from, but for tools and sockets', async () => {
  const row = (application_name: string, client_addr: string | null) => ({
    ...{ application_name, client_addr, state: 'streaming', may_see: true },
  })
  const ask = async () => [row('s1', '10.0.0.2/32'), row('pg_basebackup', '10.0.0.3/32'), row('s2', null)] as never
  assert.deepEqual(await found(standbys({ port: 5433 }), { ask }), [{ host: '10.0.0.2', port: 5433 }])
})

test('Aurora: instances by their names, and the one that writes', async () => {
  const ask = async () =>
    [
      { server_id: 'a', is_writer: true },
      { server_id: 'b', is_writer: false },
    ] as never
  assert.deepEqual(await found(aurora({ domain: 'xyz.eu-west-1.rds.amazonaws.com' }), { ask }), [
    { name: 'a', host: 'a.xyz.eu-west-1.rds.amazonaws.com', isLeader: true },
    { name: 'b', host: 'b.xyz.eu-west-1.rds.amazonaws.com', isLeader: false },
  ])
  assert.throws(() => aurora({ domain: 'no domain' }), /must be a domain/)
})
