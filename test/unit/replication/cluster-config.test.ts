import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConfigError } from '../../../src/base/errors.js'
import { initText, nameOf } from '../../../src/cli/init/text.js'
import { trustedLines } from '../../../src/replication/postgresql/config/trusted-lines.js'
import { addToFile, removeFromFile, setInFile } from '../../../src/replication/postgresql/remote/change-file.js'
import { parseConfig } from '../../../src/replication/postgresql/remote/cluster-config.js'

const NODES = 'nodes:\n  db1: { ssh: admin@db1 }\n  db2:\n'

/** What is wrong with it: `path: rule`. */
function problemsOf(text: string): readonly string[] {
  try {
    parseConfig(text, '/x')
    return []
  } catch (error) {
    return (error as ConfigError).problems.map((it) => `${it.path}: ${it.rule}`)
  }
}

test('what is not said has its default, and a node without more is reached by its name', () => {
  const config = parseConfig(NODES, '/folder')
  assert.deepEqual([...config.nodes.keys()], ['db1', 'db2'])
  assert.equal(config.nodes.get('db2')?.ssh, 'db2')
  const { version, repository, cluster, port, database, user, sync, keepWal, startAtBoot, applications, ha } = config
  assert.deepEqual(
    { version, repository, cluster, port, database, user, sync, keepWal, startAtBoot, applications, ha },
    {
      ...{ version: undefined, repository: 'distribution', cluster: 'main', port: 5432, database: 'app', user: 'app' },
      ...{ sync: 0, keepWal: '4GB', startAtBoot: false, applications: [], ha: undefined },
    },
  )
  assert.equal(parseConfig(`sshConfig: ssh\n${NODES}`, '/folder').sshConfig, '/folder/ssh')
})

const WRONG: readonly (readonly [text: string, says: RegExp])[] = [
  ['nodes: [', /sluice\.yaml: must be YAML/],
  ['', /nodes: must have a line for each node/],
  [`prot: 1\n${NODES}`, /sluice\.yaml\.prot: is not an option/],
  [`version: 13\n${NODES}`, /version: must be a whole number from 14 to 18/],
  [`repository: pgdg\n${NODES}`, /version: must be there with repository: pgdg/],
  [`database: postgres\n${NODES}`, /database: must be a name, and none that PostgreSQL/],
  [`user: "o'k"\n${NODES}`, /user: must be a name/],
  [`keepWal: 4\n${NODES}`, /keepWal: must be/],
  [`sync: 2\n${NODES}`, /sync: must be a whole number from 0 to 1/],
  [`applications: [10.0.0.0/33]\n${NODES}`, /applications: must be a list of addresses/],
  ['nodes: { DB: {} }', /nodes\.DB: must be named with small letters/],
  ['nodes: { a-b: {}, a_b: {} }', /nodes\.a_b: must be named/],
  ['nodes: { a: { ssh: -oProxyCommand=x } }', /nodes\.a\.ssh: must be what ssh takes/],
  ['nodes: { a: { address: db1 } }', /nodes\.a\.address: must be an IP address/],
  ['nodes: { a: { delay: soon } }', /nodes\.a\.delay: must be a time/],
  ['nodes: { a: { from: b } }', /nodes\.a\.from: must name another node/],
  ['nodes: { a: { from: b }, b: { from: a }, c: {} }', /nodes\.a\.from: must not lead in a circle/],
  ['ha: patroni\nnodes: { a: {}, b: { delay: 1h } }', /nodes\.b\.delay: must not be with ha/],
  ['ha: patroni\nnodes: { a: {}, b: { from: a } }', /nodes\.b\.from: must not be with ha/],
]

for (const [text, says] of WRONG) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.match(problemsOf(text).join('\n'), says)
  })
}

test('what init writes is read, and says what was asked', () => {
  const hosts = [
    { name: nameOf('admin@db1.example.com', 0), ssh: 'admin@db1.example.com', address: '10.0.0.1' },
    { name: nameOf('ssh://root@10.0.0.2:2222', 1), ssh: 'ssh://root@10.0.0.2:2222', address: undefined },
  ]
  const text = initText({ hosts, version: 16, sync: 1, sshConfig: '/a/config', applications: ['10.0.0.9'] })
  const config = parseConfig(text, '/x')
  assert.deepEqual([...config.nodes.keys()], ['db1', 'node-2'])
  assert.deepEqual(
    [config.version, config.sync, config.sshConfig, config.applications, config.nodes.get('db1')?.address],
    [16, 1, '/a/config', ['10.0.0.9'], '10.0.0.1'],
  )
  const plain = initText({ hosts, version: undefined, sync: 0, sshConfig: undefined, applications: [] })
  assert.equal(parseConfig(plain, '/x').version, undefined)
})

test('lines of trust are found where they let in from a network', () => {
  const text = `# host all all 0.0.0.0/0 trust
local all all trust
host all all 127.0.0.1/32 trust
host all all ::1/128 trust
hostssl all  app 10.0.0.0/8   trust # why
host all all 10.0.0.0 255.0.0.0 trust
host all all 10.0.0.0/8 scram-sha-256
`
  assert.deepEqual(trustedLines(text), ['hostssl all app 10.0.0.0/8 trust', 'host all all 10.0.0.0 255.0.0.0 trust'])
})

test('a description that is changed stays as it was written, but for the change', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'change-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'sluice.yaml')
  const before = `# ours\napplications: [10.0.0.0/8]\nnodes:\n    # the first\n    db1: { ssh: a }\n    db2:\n        ssh: b\n`
  writeFileSync(file, before)
  const text = () => readFileSync(file, 'utf8')
  addToFile(file, 'db3', { ssh: 'c', address: undefined, from: 'db2' })
  assert.equal(text(), `${before}    db3:\n      ssh: c\n      from: db2\n`)
  assert.throws(() => addToFile(file, 'db3', {}), /db3 is in .* already/)
  removeFromFile(file, 'db3')
  assert.equal(text(), before)
  setInFile(file, 'ha', 'patroni')
  assert.equal(text(), `${before}\nha: patroni\n`)
  setInFile(file, 'ha', 'patroni')
  assert.equal(text(), `${before}\nha: patroni\n`)
  removeFromFile(file, 'db1')
  assert.match(text(), /nodes:\n {4}# the first\n {4}db2:\n/)
  writeFileSync(file, 'nodes: { db1: {} }')
  assert.throws(() => addToFile(file, 'db2', {}), /do not stand on lines of their own/)
  writeFileSync(file, 'nodes:\n  db1:')
  addToFile(file, 'db2', { ssh: 'b' })
  assert.equal(text(), 'nodes:\n  db1:\n  db2:\n    ssh: b\n')
})
