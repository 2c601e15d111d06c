import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { hideSecrets, redactUrl } from '../../../src/base/secrets.js'
import { resolveConfig } from '../../../src/routing/config.js'

const SECRET = 'hunter2'

test('a configuration shows no password to inspect, nor to JSON', () => {
  const url = `postgres://app:${SECRET}@h/db?password=${SECRET}`
  for (const options of [
    { connectionString: url },
    { host: 'h', password: SECRET, ssl: { key: SECRET, pfx: SECRET, passphrase: SECRET, ca: 'public' } },
    { password: SECRET, primary: url.split('?')[0], replicas: ['postgres://r', { host: 'r2' }] },
  ]) {
    const config = resolveConfig(options, {})

    assert.ok(!inspect(config, { depth: 9, showHidden: true }).includes(SECRET), inspect(config, { depth: 9 }))
    assert.ok(!JSON.stringify(config).includes(SECRET))
    assert.ok(JSON.stringify(config.nodes.map((it) => ({ ...it.driver }))).includes(SECRET))
  }
})

test('hidden secrets can still be read by name', () => {
  const options = { host: 'h', password: SECRET, connectionString: `postgres://u:${SECRET}@h` }

  hideSecrets(options)

  assert.equal(inspect(options), "{ host: 'h' }")
  assert.equal(options.password, SECRET)
})

for (const [url, shown] of [
  ['postgres://u:p@h:1/db', 'postgres://u:***@h:1/db'],
  ['postgres://u:p@h/db?password=p', 'postgres://u:***@h/db?…'],
  ['postgres://h/db', 'postgres://h/db'],
  ['postgres://u:p/p@h/db', 'postgres://u:***@h/db'],
  ['postgres://u:p?p#p@h/db', 'postgres://u:***@h/db'],
  ['postgres://u:p@p@h/db', 'postgres://u:***@h/db'],
  ['postgres://h/db?user=u&password=p@x', 'postgres://h:***@x'],
  ['u:p@h', '***'],
  ['host=h password=p', '***'],
] as const) {
  test(`shown without its password: ${url}`, () => {
    assert.equal(redactUrl(url), shown)
  })
}
