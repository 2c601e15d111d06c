import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { ConfigError } from '../../../src/base/errors.js'
import { fromMakara } from '../../../src/makara/from-makara.js'
import { resolveConfig } from '../../../src/routing/config.js'

const TWO_NODES = `
    connections:
      - role: primary
        host: p
      - host: r`

/** A `makara:` section with these lines, over a primary and a replica. */
function section(lines = '', connections = TWO_NODES): string {
  return `production:\n  adapter: postgresql_makara\n  makara:\n    ${lines.trim().replaceAll('\n', '\n    ')}${connections}\n`
}

function read(yaml: string, environment?: string) {
  const { options, warnings } = fromMakara(yaml, environment === undefined ? {} : { environment })
  // Everything that comes out must be something that a pool takes.
  const config = resolveConfig(options, {})
  return { options: { ...options }, warnings, config }
}

function problemsOf(source: string | object, environment?: string): readonly string[] {
  try {
    fromMakara(source, environment === undefined ? {} : { environment })
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems.map((it) => `${it.path}: ${it.rule}, found ${it.found}`)
  }
  return []
}

const NODES = { primary: [{ host: 'p' }], replicas: [{ host: 'r' }] }

describe('the file', () => {
  test('an id keeps every character', () => {
    const { options, warnings } = read(section("id: 'shop|eu:1'"))

    assert.equal(options.id, 'shop|eu:1')
    assert.deepEqual(warnings, [])
  })

  test('DATABASE_URL changes nothing', (t) => {
    const before = process.env['DATABASE_URL']
    t.after(() => {
      if (before === undefined) delete process.env['DATABASE_URL']
      else process.env['DATABASE_URL'] = before
    })
    const without = read(section())
    process.env['DATABASE_URL'] = 'postgres://elsewhere/other'

    assert.deepEqual(read(section()), without)
  })

  test('connections become nodes, and what stands above them their defaults', () => {
    const { options, warnings } = read(`
production:
  adapter: postgresql_makara
  username: app
  password: 0123
  database: shop
  pool: 5
  encoding: unicode
  makara:
    connections:
      - role: primary
        host: p
        port: 5433
      - role: replica
        host: r1
        weight: 8
        name: Big Replica
      - host: r2
        weight: 2
        username: reader
        pool: 3
`)

    assert.deepEqual(options, {
      user: 'app',
      password: '0123',
      database: 'shop',
      max: 5,
      primary: [{ host: 'p', port: 5433 }],
      replicas: [
        { host: 'r1', weight: 8, name: 'Big Replica' },
        { host: 'r2', weight: 2, user: 'reader', max: 3 },
      ],
    })
    assert.deepEqual(warnings, [])
  })

  test('the environment is the one that is named, or the only one with a makara section', () => {
    const two = `${section()}\nstaging:\n  makara:\n    connections: [{ host: s }]\ntest: {}\n`

    assert.deepEqual(read(two, 'staging').options, { primary: [], replicas: [{ host: 's' }] })
    assert.deepEqual(read(section()).options, NODES)
    assert.deepEqual(problemsOf(two), [
      'environment: must name one of those with a makara section: production, staging, found none',
    ])
    assert.deepEqual(problemsOf(two, 'test'), [
      'test.makara: must be there; these have one: production, staging, found nothing',
    ])
    assert.deepEqual(problemsOf(two, 'x'), [
      "environment: must be one of those with a makara section: production, staging, found 'x'",
    ])
    assert.deepEqual(problemsOf('production: {}'), [
      'makara: must be there: no environment has such a section, found none',
    ])
  })

  test('a section, or an object, may be given by itself', () => {
    assert.deepEqual(read('makara:\n  connections: [{ role: primary, host: p }, { host: r }]').options, NODES)
    assert.deepEqual(read('connections: [{ role: primary, host: p }, { host: r }]').options, NODES)
    assert.deepEqual(
      { ...fromMakara({ makara: { sticky: false, connections: [{ role: 'primary', host: 'p', port: 1 }] } }).options },
      { sticky: false, consistency: 'eventual', primary: [{ host: 'p', port: 1 }], replicas: [] },
    )
  })

  test('anchors, merge keys and symbols are read as Ruby does', () => {
    const { options } = read(`
default: &default
  adapter: postgresql_makara
  :username: app
production:
  <<: *default
  makara:
    sticky: no
    :connections:
      - :role: primary
        :host: p
      - host: r
`)

    assert.deepEqual(options, { user: 'app', sticky: false, consistency: 'eventual', ...NODES })
  })

  test('ERB is refused, with what to do about it', () => {
    const rule =
      'must hold no ERB, which only Ruby can evaluate: render it first with `erb config/database.yml`, or fill the ' +
      'object from process.env yourself'

    assert.deepEqual(problemsOf(section("id: <%= ENV['ID'] %>")), [`production.makara.id: ${rule}, found an ERB tag`])
    assert.deepEqual(problemsOf(section('', '\n    connections: [{ url: "<%= x %>" }]')), [
      `production.makara.connections[0].url: ${rule}, found an ERB tag`,
    ])
    assert.deepEqual(problemsOf('<% if x %>\nproduction:\n  a: [\n'), [`database.yml: ${rule}, found an ERB tag`])
  })

  test('what is no YAML is refused with its line, and without its text', () => {
    assert.deepEqual(problemsOf('production:\n  password: "hunter2'), [
      'database.yml: must be YAML, found MISSING_CHAR at line 2',
    ])
  })

  test('another database than PostgreSQL is refused', () => {
    assert.deepEqual(problemsOf(section().replace('postgresql_makara', 'mysql2_makara')), [
      "production.adapter: must be one of PostgreSQL, which is what sluice/pg speaks, found 'mysql2_makara'",
    ])
    for (const adapter of ['makara_postgresql', 'makara_postgis', 'jdbcpostgresql_makara']) {
      assert.deepEqual(problemsOf(section().replace('postgresql_makara', adapter)), [])
    }
  })

  test('connections are required', () => {
    assert.deepEqual(problemsOf(section('', '\n    connections: []')), [
      "production.makara.connections: must name at least one connection, found 'none'",
    ])
  })

  test('everything that is wrong is told at once, and no password', () => {
    const secret = 'hunter2'
    const problems = problemsOf(`
makara:
  primary_ttl: soon
  sticky: maybe
  blacklist_duration: -1
  connections:
    - role: ${'Primary'}
      url: ${secret}
      password: [${secret}]
    - ${secret}
`)

    assert.equal(problems.length, 7, problems.join('\n'))
    assert.ok(!problems.join().includes(secret), problems.join('\n'))
  })

  test('the options show no password to inspect', () => {
    const yaml = section(
      '',
      '\n    connections: [{ host: p, password: hunter2 }, { url: "postgres://u:hunter2@r/db" }]',
    )
    const { options } = fromMakara(yaml.replace('  makara', '  password: hunter2\n  makara'))

    assert.ok(!inspect(options, { depth: 9 }).includes('hunter2'))
    assert.ok(!JSON.stringify(options).includes('hunter2'))
    assert.equal(options.password, 'hunter2')
  })
})

describe('options of the makara section', () => {
  for (const [title, lines, options, warnings] of [
    ['id names the cluster in sessions', 'id: shop|main', { id: 'shop|main' }, []],
    [
      'primary_ttl is how long reads stick, and may be a fraction of a second',
      'primary_ttl: 1.5',
      { sticky: { ttlMs: 1500 } },
      [],
    ],
    [
      'sticky may be switched off, whatever the time',
      'sticky: false\nprimary_ttl: 3',
      { sticky: false, consistency: 'eventual' },
      [],
    ],
    ['sticky is the default: reads see the writes of their session', 'sticky: true', {}, []],
    ['primary_ttl of 0 is the default: the session sees its writes for as long as it lasts', 'primary_ttl: 0', {}, []],
    ['blacklist_duration is how long a node stays out at first', 'blacklist_duration: 20', { ejectMs: 20_000 }, []],
    [
      'blacklist_duration of 0 never took a node out, and does not here',
      'blacklist_duration: 0',
      { neverEject: true },
      [],
    ],
    [
      'disable_blacklist keeps nodes in service',
      'disable_blacklist: true\nblacklist_duration: 9',
      { neverEject: true },
      [],
    ],
    ['replica_strategy round_robin is a balancer', 'replica_strategy: round_robin', { balancer: 'round-robin' }, []],
    ['replica_strategy failover is a balancer', 'replica_strategy: failover', { balancer: 'failover' }, []],
    [
      'primary_strategy is a balancer of primaries',
      'primary_strategy: roundrobin',
      { primaryBalancer: 'round-robin' },
      [],
    ],
    [
      'a strategy that is a class must be written again as a function',
      'replica_strategy: MyStrategy',
      {},
      ['production.makara.replica_strategy names a class, MyStrategy: left out; pass a function as balancer instead'],
    ],
    [
      'old names are read, and told',
      'master_ttl: 2\nprimary_ttl: 9\nslave_strategy: failover\nmaster_strategy: failover',
      { sticky: { ttlMs: 2000 }, balancer: 'failover', primaryBalancer: 'failover' },
      [
        'production.makara.slave_strategy is an old name of replica_strategy',
        'production.makara.master_strategy is an old name of primary_strategy',
        'production.makara.master_ttl is an old name of primary_ttl',
      ],
    ],
    [
      'rescue_connection_failures is obsolete',
      'rescue_connection_failures: true',
      {},
      ['production.makara.rescue_connection_failures is obsolete since Makara 0.3: nodes may always be down at start'],
    ],
    [
      'options that nobody knows are told, not dropped in silence',
      'blacklist_time: 3',
      {},
      ['production.makara.blacklist_time has no equal here: left out'],
    ],
    ["driver options in the section beat Rails' own", 'pool: 7', { max: 7 }, []],
  ] as const) {
    test(title, () => {
      const found = read(section(lines))

      assert.deepEqual(found.options, { ...options, ...NODES })
      assert.deepEqual(found.warnings, warnings)
    })
  }

  test('several primaries took turns by default; here one writes, and that is told', () => {
    const yaml = section('', '\n    connections: [{ role: primary, host: a }, { role: primary, host: b }]')

    assert.deepEqual(read(yaml).warnings, [
      'production.makara.primary_strategy was round_robin by default; here one primary writes until it fails (failover)',
    ])
  })

  test('blacklist_duration outside the section has no effect, as in Makara', () => {
    const { options, warnings } = read(section().replace('  makara', '  blacklist_duration: 3\n  makara'))

    assert.deepEqual(options, NODES)
    assert.deepEqual(warnings, ['production.blacklist_duration stands where Makara does not see it: left out'])
  })
})

describe('options of a connection', () => {
  function connection(lines: string, above = '') {
    return read(section(above, `\n    connections:\n      - host: r\n        ${lines.replaceAll('\n', '\n        ')}`))
  }

  test('a connection without a role is a replica', () => {
    assert.deepEqual(connection('weight: 2').options, { primary: [], replicas: [{ host: 'r', weight: 2 }] })
  })

  test('roles have old names, which are told', () => {
    const { options, warnings } = read(
      section('', '\n    connections: [{ role: master, host: p }, { role: slave, host: r }]'),
    )

    assert.deepEqual(options, NODES)
    assert.deepEqual(warnings, [
      'production.makara.connections[0].role master is an old name of primary',
      'production.makara.connections[1].role slave is an old name of replica',
    ])
  })

  test('a role that is none is refused, where Makara made it a replica', () => {
    for (const role of ['Primary', ':primary', 'writer']) {
      assert.deepEqual(problemsOf(section('', `\n    connections: [{ role: "${role}", host: p }]`)), [
        `production.makara.connections[0].role: must be primary or replica, found '${role}'`,
      ])
    }
  })

  test('weight is a share, and 0 is for the time when nobody else can', () => {
    assert.deepEqual(
      connection('weight: 0').config.nodes.map((it) => it.weight),
      [0],
    )
  })

  test('name is the name of the node', () => {
    assert.equal(connection('name: replica/1').config.nodes[0]?.name, 'replica/1')
  })

  test('nodes without a name are called by role and number', () => {
    assert.deepEqual(
      read(section()).config.nodes.map((it) => it.name),
      ['primary', 'replica-1'],
    )
  })

  test('a connection overrides how long it stays out', () => {
    for (const [above, lines, own] of [
      ['', 'blacklist_duration: 0', { neverEject: true }],
      ['blacklist_duration: 9', 'blacklist_duration: 3', { ejectMs: 3000 }],
      ['blacklist_duration: 9', 'disable_blacklist: true', { ejectMs: undefined, neverEject: true }],
      ['blacklist_duration: 0', 'blacklist_duration: 3', { ejectMs: 3000, neverEject: false }],
      ['disable_blacklist: true', 'disable_blacklist: false', { neverEject: false }],
    ] as const) {
      const { config } = connection(lines, above)
      const { ejectMs, neverEject } = config.nodes[0] ?? assert.fail()
      const expected = { ejectMs: 'ejectMs' in own && own.ejectMs ? own.ejectMs : 5000, neverEject: false, ...own }

      assert.deepEqual([ejectMs, neverEject], [expected.neverEject ? 0 : expected.ejectMs, expected.neverEject])
    }
  })

  test('options of the whole section have no effect on a connection, and that is told', () => {
    assert.deepEqual(connection('sticky: false\nprimary_ttl: 3').warnings, [
      'production.makara.connections[0].sticky has no effect on a connection, in Makara neither: left out',
      'production.makara.connections[0].primary_ttl has no effect on a connection, in Makara neither: left out',
    ])
  })

  test('a url beats what stands beside it, and its parameters are typed', () => {
    const { options, config } = connection(
      'url: "postgresql://u:p%40ss@h:5433/db?pool=15&sslmode=require&name=foo&weight=2&blacklist_duration=10"\nport: 1',
    )

    assert.deepEqual(options.replicas, [
      {
        host: 'h',
        port: 5433,
        user: 'u',
        password: 'p@ss',
        database: 'db',
        max: 15,
        ssl: { rejectUnauthorized: false },
        name: 'foo',
        weight: 2,
        ejectMs: 10_000,
      },
    ])
    assert.equal(config.nodes[0]?.address, 'h:5433')
  })

  test('a url may name an IPv6 address or a directory of sockets', () => {
    const hosts = ['[::1]', '%2Fvar%2Frun'].map(
      (it) => connection(`url: "postgres://${it}:1/db"`).config.nodes[0]?.address,
    )

    assert.deepEqual(hosts, ['[::1]:1', '/var/run:1'])
  })

  test('a url at the top beats what stands beside it, as in Rails', () => {
    const yaml = section('', '\n    connections: [{ role: primary }]').replace(
      '  makara',
      '  username: x\n  url: "postgresql-makara://app@p:1/shop"\n  makara',
    )

    assert.deepEqual(read(yaml).options, {
      user: 'app',
      port: 1,
      database: 'shop',
      primary: [{ host: 'p' }],
      replicas: [],
    })
  })

  test("options of Rails' adapter and of libpq have their equals in pg", () => {
    const { options, warnings } = connection(
      'username: u\ndatabase: d\npool: 4\nconnect_timeout: 2\nidle_timeout: 1.5\nkeepalives: 1\nkeepalives_idle: 30\n' +
        'application_name: a\nencoding: utf8\nprepared_statements: false\nsslmode: verify-full\nsslrootcert: ca.pem',
    )

    assert.deepEqual(options.replicas, [
      {
        host: 'r',
        user: 'u',
        database: 'd',
        max: 4,
        connectionTimeoutMillis: 2000,
        idleTimeoutMillis: 1500,
        keepAlive: true,
        keepAliveInitialDelayMillis: 30_000,
        application_name: 'a',
        ssl: { rejectUnauthorized: true },
      },
    ])
    assert.deepEqual(warnings, [
      'production.makara.connections[0].prepared_statements is for Rails itself: left out',
      "production.makara.connections[0].sslrootcert is left out: give pg's ssl option, and the text of the file",
    ])
  })

  test('the settings that Rails makes after connecting are part of connecting', () => {
    const lines = 'min_messages: warning\nschema_search_path: "app, public"\nvariables: { statement_timeout: 5s, x: ~ }'
    const yaml = section().replace('  makara', `  ${lines.replaceAll('\n', '\n  ')}\n  makara`)

    assert.equal(
      read(yaml).options.options,
      '-c client_min_messages=warning -c search_path=app,\\ public -c statement_timeout=5s',
    )
  })

  test('a wait for a free connection is one for the whole pool', () => {
    assert.equal(read(section().replace('  makara', '  checkout_timeout: 3\n  makara')).options.acquireTimeoutMs, 3000)
    assert.deepEqual(connection('checkout_timeout: 3').warnings, [
      'production.makara.connections[0].checkout_timeout is one for the whole pool here: left out',
    ])
  })
})

describe('shards', () => {
  const SHARDED = `
    connections:
      - { role: primary, host: p1, shard_id: one }
      - { role: replica, host: r1, shard_id: one }
      - { role: primary, host: p2, shard_id: 2 }
      - { role: replica, host: r2, shard_id: 2 }`
  const AWARE = 'primary_shard_aware: true\nreplica_shard_aware: true'

  test('shard_id is the shard of a node, and there may be a default', () => {
    const { config } = read(section(`${AWARE}\nprimary_default_shard: one\nreplica_default_shard: one`, SHARDED))

    assert.deepEqual(
      config.nodes.map((it) => `${it.name} ${it.shard}`),
      ['primary one', 'primary-2 2', 'replica-1 one', 'replica-2 2'],
    )
    assert.equal(config.defaultShard, 'one')
  })

  test('shard_id without a shard-aware role has no effect, and that is told', () => {
    const { config, warnings } = read(section('', SHARDED))

    assert.deepEqual(
      config.nodes.map((it) => it.shard),
      [undefined, undefined, undefined, undefined],
    )
    assert.equal(warnings.filter((it) => it.includes('has no effect where no role is shard-aware')).length, 4)
  })

  test('old names of the shard options are read', () => {
    const lines =
      'master_shard_aware: true\nslave_shard_aware: true\nmaster_default_shard: one\nslave_default_shard: one'

    assert.equal(read(section(lines, SHARDED)).config.defaultShard, 'one')
  })

  test('shards that cannot be said here are refused', () => {
    assert.deepEqual(problemsOf(section('primary_shard_aware: true', SHARDED)), [
      "production.makara.replica_shard_aware: must be true too: here each shard has its own nodes, found 'no'",
    ])
    assert.deepEqual(problemsOf(section(AWARE)), [
      "production.makara.connections[0].shard_id: must be given where a role is shard-aware, found 'none'",
      "production.makara.connections[1].shard_id: must be given where a role is shard-aware, found 'none'",
    ])
    assert.deepEqual(problemsOf(section(`${AWARE}\nprimary_default_shard: one\nreplica_default_shard: 2`, SHARDED)), [
      "production.makara.replica_default_shard: must be that of the primaries, 'one': here a statement has one shard, found '2'",
    ])
  })
})

describe('connection_error_matchers', () => {
  function judge(matchers: string, where = '') {
    const { config } = read(section(where === '' ? `connection_error_matchers: ${matchers}` : where))
    return (message: string) => config.nodes.map((it) => it.isConnectionError?.(new Error(message)))
  }

  test('a text is the whole message, as in Makara', () => {
    const judged = judge('["gone fishing"]')

    assert.deepEqual(
      [judged('gone fishing'), judged('has gone fishing')],
      [
        [true, true],
        [undefined, undefined],
      ],
    )
  })

  test('text between slashes is a pattern, with a flag', () => {
    const judged = judge("['/sql server has gone away/i', !ruby/regexp '/^PG::Error: unknown/']")

    assert.deepEqual(judged('Oh: SQL Server has gone away.'), [true, true])
    assert.deepEqual(judged('line\nPG::Error: unknown'), [true, true])
    assert.deepEqual(judged('something else'), [undefined, undefined])
  })

  test('a connection has its own instead of those above', () => {
    const yaml = section(
      'connection_error_matchers: [a]',
      '\n    connections: [{ role: primary, host: p }, { host: r, connection_error_matchers: [b] }]',
    )
    const judged = read(yaml).config.nodes.map((it) =>
      ['a', 'b'].map((text) => it.isConnectionError?.(new Error(text))),
    )

    assert.deepEqual(judged, [
      [true, undefined],
      [undefined, true],
    ])
  })

  test('patterns of an object are taken as they are', () => {
    const { options } = fromMakara({ makara: { connection_error_matchers: [/gone/], connections: [{ host: 'r' }] } })

    assert.equal(options.isConnectionError?.(new Error('has gone')), true)
  })

  test('that they were written for another driver is told', () => {
    assert.deepEqual(read(section('connection_error_matchers: [a]')).warnings, [
      'production.makara.connection_error_matchers were written for the messages of a Ruby driver: compare them with ' +
        'those of pg, or drop them',
    ])
  })

  test('a pattern without an equal is refused', () => {
    assert.deepEqual(problemsOf(section("connection_error_matchers: ['/(?>a)/']")), [
      'production.makara.connection_error_matchers[0]: must have an equal in JavaScript: it holds an atomic group; ' +
        "write isConnectionError, found '/(?>a)/'",
    ])
  })
})
