import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { HostError } from '../../../src/replication/postgresql/errors.js'
import { LocalHost } from '../../../src/replication/postgresql/hosts/local-host.js'
import { serverOwner } from '../../../src/replication/postgresql/programs/owner.js'
import { hostContract } from '../../contract/host.js'
import { failureOf } from '../../support/servers.js'

describe('this machine as a host', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'local-host-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  hostContract(() => ({
    open: () => new LocalHost(),
    openedBy: { kind: 'local', options: undefined },
    look: async (script) => execFileSync('bash', ['-c', script], { encoding: 'utf8' }),
    lockDir: join(folder, 'locks'),
  }))

  test('a script for the server runs as its user, in an environment that steers no server', async () => {
    const owner = serverOwner()
    process.env['PGOPTIONS'] = '-c log_statement=all'
    const { stdout } = await new LocalHost(owner).run({ as: 'server', text: 'id -un; printenv PGOPTIONS || echo none' })
    delete process.env['PGOPTIONS']
    assert.equal(stdout, `${owner?.name ?? execFileSync('id', ['-un'], { encoding: 'utf8' }).trim()}\nnone\n`)
  })

  test('root is who is root', async () => {
    const isRoot = process.getuid?.() === 0
    const asRoot = new LocalHost().run({ as: 'root', text: 'id -un' })
    if (isRoot) assert.equal((await asRoot).stdout, 'root\n')
    else assert.equal(((await failureOf(asRoot)) as HostError).failure, 'no-right')
  })
})
