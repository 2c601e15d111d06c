import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { resolveConfig } from '../../../src/routing/config.js'
import { NODE_KEYS, POOL_KEYS } from '../../../src/routing/known-options.js'

const page = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8')

/** First cells of all tables, and of each the default. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))

test('docs/configuration.md has a row for every option', () => {
  const names = rows.map((cells) => cells[1]).join(' ')
  const options = [...POOL_KEYS, ...NODE_KEYS].filter((key) => key !== 'probe')
  const missing = [...options, 'probe.everyMs', 'probe.timeoutMs', 'probe.hungAfterMs'].filter(
    (key) => !names.includes(`\`${key}\``),
  )

  assert.deepEqual(missing, [])
})

test('docs/configuration.md gives the defaults that are used', () => {
  const config = resolveConfig({ primary: 'postgres://p', replicas: ['postgres://r'] }, {})
  const used = {
    balancer: `\`${config.balancer}\``,
    primaryBalancer: `\`${config.primaryBalancer}\``,
    consistency: `\`${config.consistency}\``,
    consistencyScope: `\`${config.consistencyScope}\``,
    waitMs: String(config.waitMs),
    whenBehind: `\`${config.whenBehind}\``,
    sticky: `\`${config.stickyMs ?? false}\``,
    ejectMs: String(config.nodes[0]?.ejectMs),
    neverEject: `\`${config.nodes[0]?.neverEject}\``,
    acquireTimeoutMs: `\`connectionTimeoutMillis\` if set, else ${config.acquireTimeoutMs}`,
    'probe.everyMs': String(config.probe.everyMs),
    'probe.timeoutMs': String(config.probe.timeoutMs),
    'probe.hungAfterMs': String(config.probe.hungAfterMs),
    catalogueRefreshMs: String(config.catalogueRefreshMs),
    cacheSize: String(config.cacheSize),
    weight: String(config.nodes[0]?.weight),
  }
  const documented = Object.fromEntries(
    Object.keys(used).map((key) => [key, rows.find((cells) => cells[1] === `\`${key}\``)?.[3]]),
  )

  assert.deepEqual(documented, used)
})
