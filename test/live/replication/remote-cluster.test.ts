import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { type Ended, type Event, sluice } from '../../support/cli.js'
import { hostsPart } from '../../support/hosts/part.js'
import { Rack } from '../../support/hosts/rack.js'
import type { TestHost } from '../../support/hosts/test-host.js'
import { need } from '../../support/need.js'

const done = (ended: Ended): Ended => {
  assert.equal(ended.code, 0, `${ended.out}${ended.err}`)
  return ended
}
const stepsOf = (event: Event | undefined) => event?.steps?.map((it) => `${it.node} ${it.kind}`)

/** In order: what one test leaves is where the next begins. */
describe('a cluster on bare hosts over SSH, by one command each', need(hostsPart('sluice up over SSH')), () => {
  let rack: Rack
  let folder: string
  let file: string
  let db1: TestHost
  let db2: TestHost
  let url: string
  const run = (command: string, ...args: readonly string[]) => sluice(command, ...args, '--file', file, '--json')
  const query = async (connectionString: string, text: string) => {
    const client = new pg.Client({ connectionString })
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }
  const healthy = async () => {
    const ended = await run('status')
    const [seen] = ended.events()
    assert.deepEqual([ended.code, seen?.health, seen?.problems], [0, 'healthy', []], ended.out)
    return seen
  }

  before(async () => {
    rack = await Rack.start()
    folder = mkdtempSync(join(tmpdir(), 'remote-'))
    file = join(folder, 'sluice.yaml')
    db1 = await rack.host('db1')
    db2 = await rack.host('db2')
    const nodes = [db1, db2].map(({ name }) => `  ${name}: { ssh: admin@${name} }\n`).join('')
    writeFileSync(file, `sshConfig: ${rack.sshConfig}\napplications: [10.213.0.0/16]\nnodes:\n${nodes}`)
  })
  after(async () => {
    await rack?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  test('from nothing to a pair that is proven, with a URL for the application', async () => {
    const made = done(await run('up'))
    const events = made.events()
    console.log(made.out)
    url = events.at(-1)?.url ?? ''
    assert.match(url, /^postgres:\/\/app:[\w-]+@10\.\d+\.\d+\.11:5432,10\.\d+\.\d+\.12:5432\/app$/)
    await healthy()
  })

  test('again: nothing changes', async () => {
    const again = done(await run('up'))
    console.log(again.out)
    assert.deepEqual(stepsOf(again.events()[0]), ['db1 prove'])
    assert.equal(again.events().at(-1)?.url, url)
  })
})
