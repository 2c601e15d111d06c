import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../../src/base/errors.js'
import type { ClusterConfig } from '../../../src/model/config.js'
import { resolveConfig } from '../../../src/routing/config.js'
import { MIGRATION_TABLES } from '../../../src/routing/migration-tables.js'

type Config = ClusterConfig<Record<string, unknown>>

function resolve(options: object, environment: Record<string, string> = {}): Config {
  return resolveConfig(options, environment)
}

/** `path: rule, found value` of everything that is wrong. */
function problemsOf(options: unknown): readonly string[] {
  try {
    resolveConfig(options, {})
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems.map((it) => `${it.path}: ${it.rule}, found ${it.found}`)
  }
  return []
}

function namesAndRoles(config: Config): readonly string[] {
  return config.nodes.map((it) => `${it.name} ${it.role} ${it.address}`)
}

test('a pool without options is one primary, where pg would look for it', () => {
  const config = resolve({})

  assert.deepEqual(namesAndRoles(config), ['primary primary localhost:5432'])
  assert.deepEqual({ ...config.nodes[0]?.driver }, {})
})

test('the environment says where a plain pool is, as it does to pg', () => {
  const config = resolve({}, { PGHOST: 'db1', PGPORT: '6432' })

  assert.deepEqual(namesAndRoles(config), ['primary primary db1:6432'])
  assert.deepEqual({ ...config.nodes[0]?.driver }, {})
})

test('several hosts in the environment are nodes whose roles are asked for', () => {
  const config = resolve({}, { PGHOST: 'a,b', PGPORT: '6432' })

  assert.deepEqual(namesAndRoles(config), ['node-1 unknown a:6432', 'node-2 unknown b:6432'])
})

test('the options of a plain pool reach pg as they were written', () => {
  const password = () => 'secret'
  const options = { host: 'db1', port: '6432', user: 'app', password, max: 3, ssl: true, statement_timeout: 1000 }

  assert.deepEqual({ ...resolve(options).nodes[0]?.driver }, options)
})

test('a connection string without parameters of Sluice stays the text that it was', () => {
  for (const connectionString of [
    'postgres://foo:b%40r@baz:1234/xur?sslmode=no-verify&application_name=a+b',
    'postgresql:///db?host=/var/run/postgresql',
    'postgres://[::1]:5433/db',
    'socket:/tmp/?db=mydb',
    '/var/run/postgresql mydb',
  ]) {
    assert.equal(resolve({ connectionString }).nodes[0]?.driver['connectionString'], connectionString)
  }
})

test('options that are null or undefined are not given', () => {
  const config = resolve({
    host: undefined,
    password: null,
    idleTimeoutMillis: null,
    sticky: undefined,
    wieght: undefined,
  })

  assert.equal(config.nodes.length, 1)
})

test('every default is filled in', () => {
  const {
    nodes: _nodes,
    id: _id,
    topology: _topology,
    ...rest
  } = resolve({ primary: 'postgres://p', replicas: ['postgres://r'] })

  assert.deepEqual(rest, {
    balancer: 'least-busy',
    primaryBalancer: 'failover',
    zone: undefined,
    defaultShard: undefined,
    consistency: 'session',
    consistencyScope: 'session',
    waitMs: 20,
    whenBehind: 'primary',
    stickyMs: undefined,
    primaryReads: { maxConcurrent: 5 },
    acquireTimeoutMs: 10_000,
    slowStartMs: 5000,
    holdWritesMs: 10_000,
    maxHeldWrites: 1000,
    probe: { everyMs: 1000, timeoutMs: 2000, hungAfterMs: 10_000 },
    readFunctions: [],
    writeFunctions: [],
    primaryTables: MIGRATION_TABLES,
    catalogueRefreshMs: 60_000,
    cacheSize: 5000,
  })
})

test('every default of a node is filled in', () => {
  const [node] = resolve({ primary: 'postgres://u:p@h/db', replicas: ['postgres://r'] }).nodes

  assert.deepEqual(
    { ...node, driver: { ...node?.driver } },
    {
      name: 'primary',
      role: 'primary',
      address: 'h:5432',
      weight: 1,
      zone: undefined,
      shard: undefined,
      ejectMs: 5000,
      neverEject: false,
      isConnectionError: undefined,
      max: 10,
      driver: { connectionString: 'postgres://u:p@h/db' },
    },
  )
})

test('nodes are named after their role, in the order of the options', () => {
  const config = resolve({
    primary: ['postgres://a', 'postgres://b'],
    replicas: ['postgres://c', { url: 'postgres://d', name: 'reports' }, 'postgres://e:1'],
    nodes: ['postgres://f', { url: 'postgres://g', role: 'replica' }],
  })

  assert.deepEqual(namesAndRoles(config), [
    'primary primary a:5432',
    'primary-2 primary b:5432',
    'replica-1 replica c:5432',
    'reports replica d:5432',
    'replica-3 replica e:1',
    'node-1 unknown f:5432',
    'replica-4 replica g:5432',
  ])
})

test('the options of the pool are defaults that a node overrides', () => {
  const config = resolve({
    user: 'app',
    max: 20,
    ejectMs: 100,
    primary: { host: 'p' },
    replicas: [{ host: 'r', max: 5, user: 'reader', ejectMs: 7, weight: 3, zone: 'a' }],
  })

  assert.deepEqual(
    config.nodes.map(({ max, ejectMs, weight, zone, driver }) => ({
      max,
      ejectMs,
      weight,
      zone,
      driver: { ...driver },
    })),
    [
      { max: 20, ejectMs: 100, weight: 1, zone: undefined, driver: { user: 'app', max: 20, host: 'p' } },
      { max: 5, ejectMs: 7, weight: 3, zone: 'a', driver: { user: 'reader', max: 5, host: 'r' } },
    ],
  )
})

test('what a URL does not say comes from the options', () => {
  const config = resolve({
    user: 'app',
    password: 'p@ss/w:rd?#',
    database: 'shop',
    port: 6432,
    primary: 'postgres://one',
    replicas: ['postgres://reader@two:1/other?sslmode=no-verify', 'postgres:///?host=/run/pg'],
  })

  assert.deepEqual(
    config.nodes.map((it) => it.driver['connectionString']),
    [
      'postgres://app:p%40ss%2Fw%3Ard%3F%23@one:6432/shop',
      'postgres://reader:p%40ss%2Fw%3Ard%3F%23@two:1/other?sslmode=no-verify',
      'postgres://app:p%40ss%2Fw%3Ard%3F%23@/shop?host=/run/pg&port=6432',
    ],
  )
})

test('a node without a URL uses that of the pool with its own host in it', () => {
  const config = resolve({
    connectionString: 'postgres://app:secret@one:6432/shop?sslmode=no-verify',
    replicas: [{ host: 'two' }, { host: 'three', port: 1, user: 'reader' }, { host: '::1' }],
  })

  assert.deepEqual(
    config.nodes.map((it) => it.driver['connectionString']),
    [
      'postgres://app:secret@one:6432/shop?sslmode=no-verify',
      'postgres://app:secret@two:6432/shop?sslmode=no-verify',
      'postgres://reader:secret@three:1/shop?sslmode=no-verify',
      'postgres://app:secret@[::1]:6432/shop?sslmode=no-verify',
    ],
  )
})

test('a pool that is given replicas keeps the server that it had as its primary', () => {
  for (const [given, environment] of [
    [{ host: 'p' }, {}],
    [{ connectionString: 'postgres://p' }, {}],
    [{}, { PGHOST: 'p' }],
  ] as const) {
    const config = resolve({ ...given, replicas: ['postgres://r'] }, environment)

    assert.deepEqual(namesAndRoles(config), ['primary primary p:5432', 'replica-1 replica r:5432'])
  }
})

test('a cluster may have replicas only', () => {
  assert.deepEqual(namesAndRoles(resolve({ replicas: ['postgres://r'] })), ['replica-1 replica r:5432'])
  assert.deepEqual(namesAndRoles(resolve({ host: 'p', primary: [], replicas: ['postgres://r'] })), [
    'replica-1 replica r:5432',
  ])
})

test('a password that a function gives works beside a URL', () => {
  const password = () => 'secret'
  const [node] = resolve({ password, primary: 'postgres://app@p:6432/shop?application_name=a', replicas: [] }).nodes

  assert.deepEqual(
    { ...node?.driver },
    { host: 'p', port: 6432, user: 'app', database: 'shop', application_name: 'a', password },
  )
})

test('a password that a function gives cannot go with TLS parameters in the URL', () => {
  assert.deepEqual(problemsOf({ password: () => 'x', primary: 'postgres://p?sslmode=require', replicas: [] }), [
    "primary.password: a function cannot go with sslmode in the URL: give ssl as an option, found 'sslmode'",
  ])
})

test('a URL with several hosts is several nodes whose roles are asked for', () => {
  const config = resolve({
    connectionString: 'postgres://u:p@a:5433,b,[::1]:7/db?x=y&target_session_attrs=any',
    max: 4,
  })

  assert.deepEqual(namesAndRoles(config), ['node-1 unknown a:5433', 'node-2 unknown b:5432', 'node-3 unknown [::1]:7'])
  assert.deepEqual(
    config.nodes.map((it) => ({ ...it.driver })),
    [
      { max: 4, connectionString: 'postgres://u:p@a:5433/db?x=y' },
      { max: 4, connectionString: 'postgres://u:p@b/db?x=y' },
      { max: 4, connectionString: 'postgres://u:p@[::1]:7/db?x=y' },
    ],
  )
})

test('the hosts of a URL may stand in its query, as libpq has it', () => {
  const config = resolve({ url: 'postgres://u@/db?host=a,/run/pg&port=1,2' })

  assert.deepEqual(namesAndRoles(config), ['node-1 unknown a:1', 'node-2 unknown /run/pg:2'])
  assert.deepEqual(
    config.nodes.map((it) => it.driver['connectionString']),
    ['postgres://u@/db?host=a&port=1', 'postgres://u@/db?host=%2Frun%2Fpg&port=2'],
  )
})

test('several hosts may be given as an option, as libpq has it', () => {
  const config = resolve({ host: 'a,b', port: '1,2', user: 'u' })

  assert.deepEqual(
    config.nodes.map((it) => ({ ...it.driver })),
    [
      { user: 'u', host: 'a', port: 1 },
      { user: 'u', host: 'b', port: 2 },
    ],
  )
})

test('a URL with several hosts among the replicas is several replicas', () => {
  const config = resolve({ primary: 'postgres://p', replicas: ['postgres://a,b/db'] })

  assert.deepEqual(namesAndRoles(config).slice(1), ['replica-1 replica a:5432', 'replica-2 replica b:5432'])
})

test("Sluice's parameters in a URL are typed and taken out of it", () => {
  const query = 'weight=2.5&zone=a&name=r1&shard=s&ejectMs=7&neverEject=false&max=3&keepAlive=true&application_name=x'
  const [, node] = resolve({ primary: 'postgres://p?shard=s', replicas: [`postgres://r/db?${query}`] }).nodes

  assert.deepEqual(
    { ...node, driver: { ...node?.driver } },
    {
      name: 'r1',
      role: 'replica',
      address: 'r:5432',
      weight: 2.5,
      zone: 'a',
      shard: 's',
      ejectMs: 7,
      neverEject: false,
      isConnectionError: undefined,
      max: 3,
      driver: { max: 3, keepAlive: true, connectionString: 'postgres://r/db?application_name=x' },
    },
  )
})

test('options beside a URL beat those in its query', () => {
  const [, node] = resolve({ primary: 'postgres://p', replicas: [{ url: 'postgres://r?weight=2', weight: 5 }] }).nodes

  assert.equal(node?.weight, 5)
})

test('a node that is never ejected has no ejection time', () => {
  const [node] = resolve({ primary: { url: 'postgres://p', neverEject: true }, replicas: [] }).nodes

  assert.deepEqual([node?.neverEject, node?.ejectMs], [true, 0])
})

test('the wait for a connection is that of pg, where pg is given one', () => {
  assert.equal(resolve({ connectionTimeoutMillis: 300 }).acquireTimeoutMs, 300)
  assert.equal(resolve({ connectionTimeoutMillis: 0 }).acquireTimeoutMs, 10_000)
  assert.equal(resolve({ connectionTimeoutMillis: 300, acquireTimeoutMs: 20 }).acquireTimeoutMs, 20)
})

test('reads on the primary are limited to half of its connections, and to one at least', () => {
  const limit = (max: number) => resolve({ max, primary: 'postgres://p', replicas: [] }).primaryReads

  assert.deepEqual([limit(1), limit(2), limit(7)], [{ maxConcurrent: 1 }, { maxConcurrent: 1 }, { maxConcurrent: 3 }])
})

test('stickiness can be set and switched off', () => {
  assert.equal(resolve({ sticky: { ttlMs: 700 } }).stickyMs, 700)
  assert.equal(resolve({ sticky: false }).stickyMs, undefined)
})

test('tables that are only read on the primary add to those of migration tools', () => {
  assert.deepEqual(resolve({ primaryTables: ['App.Flags'] }).primaryTables, [...MIGRATION_TABLES, 'app.flags'])
})

test('names of functions are compared without their case', () => {
  assert.deepEqual(resolve({ writeFunctions: ['App.Do_It'] }).writeFunctions, ['app.do_it'])
})

test('the default id depends on the primaries and their databases, and on nothing else', () => {
  const { id } = resolve({ primary: ['postgres://u:secret@a:1/db', 'postgres://b/db'], replicas: ['postgres://r'] })
  const same = [
    { primary: ['postgres://b:5432/db', 'postgres://other@a:1/db?weight=9'], replicas: [] },
    { primary: [{ host: 'a', port: 1 }, { host: 'b' }], database: 'db', nodes: ['postgres://c'] },
  ]
  const others = [{ primary: 'postgres://a:1/db' }, { primary: ['postgres://a:1/db', 'postgres://b/other'] }]

  for (const options of same) assert.equal(resolve(options).id, id)
  for (const options of others) assert.notEqual(resolve(options).id, id)
  assert.match(id, /^[\w-]{12}$/)
})

test('the default id does not depend on the order of nodes whose roles are asked for', () => {
  assert.equal(resolve({ url: 'postgres://a,b/db' }).id, resolve({ nodes: ['postgres://b/db', 'postgres://a/db'] }).id)
})

const SECRET = 'hunter2'

for (const [what, options, problems] of [
  [
    'a scope that is none',
    { consistencyScope: 'rows' },
    ["consistencyScope: must be one of session, tables, found 'rows'"],
  ],
  [
    'scope by table over several shards',
    {
      consistencyScope: 'tables',
      primary: [
        { url: 'postgres://a', shard: '1' },
        { url: 'postgres://b', shard: '2' },
      ],
    },
    ["consistencyScope: must be session where there are several shards, found 'tables'"],
  ],
  ['a number that is none', { ejectMs: '5' }, ["ejectMs: must be a number from 1 to 2147483647, found '5'"]],
  [
    'a time that no timer can wait',
    { acquireTimeoutMs: 2 ** 31 },
    ['acquireTimeoutMs: must be a number from 1 to 2147483647, found 2147483648'],
  ],
  [
    'a share below nothing',
    { primary: { host: 'p', weight: -1 } },
    ['primary.weight: must be a number of at least 0, found -1'],
  ],
  [
    'text in the place of a number in a URL',
    { replicas: ['postgres://r?weight=two'] },
    ["replicas[0].weight: must be a number of at least 0, found 'two'"],
  ],
  ['no connections at all', { max: 0 }, ['max: must be a whole number from 1 to 2147483647, found 0']],
  [
    'a number from a missing variable',
    { max: Number('x') },
    ['max: must be a whole number from 1 to 2147483647, found NaN'],
  ],
  ['more idle connections than connections', { min: 3, max: 2 }, ['min: must be at most max, which is 2, found 3']],
  ['a port that is none', { port: 'x' }, ['port: must be a port: a whole number from 1 to 65535, found a text']],
  ['text in the place of a function', { log: 'x' }, ['log: must be a function, found a text']],
  ['a misspelt option', { balancr: 'fastest' }, ['balancr: is not an option; did you mean balancer?, found a text']],
  [
    'an option of another program',
    { primary: { host: 'p', username: 'x' } },
    ['primary.username: is not an option; did you mean user?, found a text'],
  ],
  ['old words', { slaves: [] }, ['slaves: is not an option; did you mean replicas?, found a list of 0']],
  [
    'an option of the pool at a node',
    { primary: { host: 'p', sticky: false } },
    ['primary.sticky: is an option of the pool, not of a node, found a boolean'],
  ],
  [
    'an option of a node at a pool with nodes',
    { weight: 2, primary: 'postgres://p' },
    ['weight: is an option of one node: put it there, found 2'],
  ],
  [
    'a parameter of URLs as an option',
    { sslmode: 'require' },
    ['sslmode: is read from a URL only; as an option there is ssl, found a text'],
  ],
  [
    'a misspelt parameter in a URL',
    { primary: 'postgres://p?wieght=2' },
    ['primary?wieght: is not a parameter of a URL; did you mean weight?, found a text'],
  ],
  [
    'an unknown role',
    { nodes: [{ host: 'a', role: 'master' }] },
    ["nodes[0].role: must be primary or replica; did you mean primary?, found 'master'"],
  ],
  [
    'a role against its list',
    { replicas: [{ host: 'a', role: 'primary' }] },
    ["replicas[0].role: must be replica, by the list that it stands in, found 'primary'"],
  ],
  [
    'two nodes of one name',
    {
      replicas: [
        { host: 'a', name: 'x' },
        { host: 'b', name: 'x' },
      ],
    },
    ["replicas[1].name: must be unique: another node has the same name, found 'x'"],
  ],
  [
    'a name that would end a comment',
    { primary: { host: 'a', name: 'x*/' } },
    ["primary.name: must not begin or end with a space, nor contain */, found 'x*/'"],
  ],
  [
    'a replica that is nowhere',
    { host: 'a', replicas: [{ weight: 2 }] },
    ["replicas[0]: must say where it is: url, host or port, found 'none of them'"],
  ],
  [
    'no node',
    { replicas: [] },
    ["primary: must name a node, or replicas or nodes must: there is none, found 'an empty list'"],
  ],
  ['a list that is none', { replicas: 5 }, ['replicas: must be a URL or an object of node options, found a number']],
  [
    'a URL that is none',
    { primary: 'localhost' },
    [
      'primary: must be a URL such as postgres://user:password@host:5432/database, with /, ? and # of the password ' +
        'written %2F, %3F and %23, found a text',
    ],
  ],
  [
    'two URLs',
    { primary: { url: 'postgres://a', connectionString: 'postgres://b' } },
    ['primary.url: must not stand beside connectionString: they mean the same, found a text'],
  ],
  [
    'a host beside a URL with another',
    { primary: { url: 'postgres://a', host: 'b' } },
    ['primary.host: must not stand beside a URL that says it too, found a text'],
  ],
  [
    'several hosts where nodes are listed',
    { host: 'a,b', replicas: ['postgres://r'] },
    ["host: must be one host where nodes are listed, found 'a,b'"],
  ],
  [
    'ports that do not match hosts',
    { host: 'a,b', port: '1,2,3' },
    ["port: must be one port, or one for each of the 2 hosts, found '3 ports'"],
  ],
  [
    'a URL that wants the primary only',
    { url: 'postgres://a,b?target_session_attrs=read-write' },
    [
      'connectionString?target_session_attrs: would keep reads off the replicas: leave it out, or use pool.writer, ' +
        "found 'read-write'",
    ],
  ],
  [
    'a URL that wants replicas only',
    { url: 'postgres://a,b?target_session_attrs=standby' },
    [
      'connectionString?target_session_attrs: would leave no node for writes: leave it out, or use pool.reader, ' +
        "found 'standby'",
    ],
  ],
  [
    'a URL that wants its order',
    { url: 'postgres://a,b?load_balance_hosts=disable' },
    [
      "connectionString?load_balance_hosts: is called balancer: 'failover' here: leave it out, or set that, found 'disable'",
    ],
  ],
  [
    'an unknown balancer',
    { balancer: 'round_robbin' },
    [
      'balancer: must be round-robin, least-busy, fastest, failover, or a function; did you mean round-robin?, ' +
        "found 'round_robbin'",
    ],
  ],
  ['no time to stick', { sticky: { ttlMs: 0 } }, ['sticky.ttlMs: must be a number from 1 to 2147483647, found 0']],
  ['stickiness without a time', { sticky: true }, ['sticky: must be false or { ttlMs }, found true']],
  ['stickiness in seconds', { sticky: { ttl: 5 } }, ['sticky.ttl: is not an option: there are ttlMs, found a number']],
  [
    'no reads on the primary, said with a number',
    { primaryReads: { maxConcurrent: 0 } },
    ['primaryReads.maxConcurrent: must be a whole number of at least 1, found 0'],
  ],
  [
    'an unknown way to read from the primary',
    { primaryReads: 'sometimes' },
    ["primaryReads: must be 'always', 'never' or { maxConcurrent }, found 'sometimes'"],
  ],
  [
    'a probe that gives up before it times out',
    { probe: { timeoutMs: 20_000 } },
    ['probe.hungAfterMs: must be at least probe.timeoutMs, which is 20000, found 10000'],
  ],
  [
    'a shard that no node has',
    { defaultShard: 'b', primary: { host: 'p', shard: 'a' } },
    ["defaultShard: must be the shard of a node; there are a, found 'b'"],
  ],
  [
    'a function in both lists',
    { readFunctions: ['f'], writeFunctions: ['F'] },
    ["readFunctions: must not name a function of writeFunctions, found 'f'"],
  ],
  [
    'an id too long for a token',
    { id: 'x'.repeat(65) },
    [`id: must be a text of 1 to 64 characters, none of them a control character, found '${'x'.repeat(60)}…'`],
  ],
  [
    'a URL in the place of options',
    'postgres://u:hunter2@h',
    ['options: must be an object; a URL is its connectionString, found a text'],
  ],
] as const) {
  test(`refused, with path, rule and value: ${what}`, () => {
    assert.deepEqual(problemsOf(options), problems)
  })
}

test('everything that is wrong is told at once', () => {
  assert.equal(problemsOf({ sticky: 1, max: 'x', foo: 1, replicas: [{ weight: 'x' }], probe: 3 }).length, 6)
})

test('no problem shows a password, wherever it was written', () => {
  const url = `postgres://u:${SECRET}@h/db`
  for (const options of [
    { pasword: SECRET },
    { password: { text: SECRET } },
    { password: 5, host: SECRET, port: SECRET, user: [SECRET] },
    { primary: `postgres://u:${SECRET}/x@h/db?weight=x` },
    { primary: `u:${SECRET}@h` },
    { primary: { url, connectionString: url, user: 'x', password: SECRET } },
    { replicas: [[url]], nodes: url.replace('h', 'a,b,,'), primary: { name: url, zone: url } },
    { connectionString: `${url.replace('@h', '@a,b')}?target_session_attrs=x&password=${SECRET}&wieght=${SECRET}` },
    { name: url, id: url, balancer: url, zone: `${url}\n`, primaryReads: url, sticky: url, readFunctions: url },
    url,
  ]) {
    const problems = problemsOf(options)

    assert.notEqual(problems.length, 0, JSON.stringify(options))
    assert.ok(!problems.join('\n').includes(SECRET), problems.join('\n'))
  }
})
