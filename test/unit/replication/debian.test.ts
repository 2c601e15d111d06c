import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readClusters } from '../../../src/replication/postgresql/layouts/debian-clusters.js'
import { DebianLayout } from '../../../src/replication/postgresql/layouts/debian-layout.js'
import { addPgdg, readPackageFacts } from '../../../src/replication/postgresql/packages/debian-packages.js'

test('what a host has is read from what its tools say', () => {
  const said = `system ubuntu noble
installed postgresql-16 16.11-0ubuntu0.24.04.1 installed
installed postgresql-17 17.7-1.pgdg24.04+1 installed
installed postgresql-14 14.9-1 config-files
available postgresql-16 16.11-0ubuntu0.24.04.1
available postgresql-18 18.1-1.pgdg24.04+2
available postgresql-13 (none)
pgdg
`
  assert.deepEqual(readPackageFacts(said), {
    system: 'ubuntu',
    codename: 'noble',
    installed: [
      { major: 17, version: '17.7-1.pgdg24.04+1', from: 'pgdg' },
      { major: 16, version: '16.11-0ubuntu0.24.04.1', from: 'distribution' },
    ],
    available: [
      { major: 18, version: '18.1-1.pgdg24.04+2', from: 'pgdg' },
      { major: 16, version: '16.11-0ubuntu0.24.04.1', from: 'distribution' },
    ],
    hasPgdg: true,
  })
})

test('the clusters of a host are read from what its tools say', () => {
  const said = `14  main    5432 down            postgres /var/lib/postgresql/14/main /var/log/postgresql/postgresql-14-main.log
16  shop    5433 online,recovery postgres /srv/shop                   /var/log/postgresql/postgresql-16-shop.log
`
  assert.deepEqual(readClusters(said), [
    {
      major: 14,
      cluster: 'main',
      port: 5432,
      isRunning: false,
      owner: 'postgres',
      dataDir: '/var/lib/postgresql/14/main',
    },
    { major: 16, cluster: 'shop', port: 5433, isRunning: true, owner: 'postgres', dataDir: '/srv/shop' },
  ])
  assert.deepEqual(readClusters(''), [])
})

test('a host of which nothing is known has nothing', () => {
  const nothing = { system: '', codename: '', installed: [], available: [], hasPgdg: false }
  assert.deepEqual(readPackageFacts(''), nothing)
})

test('a codename goes into a file of root: it is one word', () => {
  assert.match(addPgdg('bookworm').text, /^Suites: bookworm-pgdg$/m)
  assert.throws(() => addPgdg('bookworm\nURIs: http://elsewhere'), /no codename/)
})

test('configuration, log and secrets are not in the data directory, which travels from node to node', () => {
  const { paths } = new DebianLayout({ major: 16, cluster: 'shop', port: 5433 })
  const { dataDir, ...others } = paths
  assert.equal(dataDir, '/var/lib/postgresql/16/shop')
  for (const path of Object.values(others)) assert.ok(!path.startsWith(dataDir), path)
})

test('systemd is told of a fast stop only: it knows no other', () => {
  const layout = new DebianLayout({ major: 16 })
  assert.equal(layout.stop('fast').text, 'pg_ctlcluster -m fast 16 main stop || [ $? = 2 ]')
  assert.match(layout.stop('immediate').text, /^pg_ctlcluster --skip-systemctl-redirect -m immediate/)
})
