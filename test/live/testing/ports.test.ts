import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort, listen } from '../../../src/replication/postgresql/programs/ports.js'
import { firstLine } from '../../support/hosts/rack.js'

const MAIN = join(import.meta.dirname, '../../support/ports-main.ts')

async function portsOfAnother(t: TestContext, count: number): Promise<readonly number[]> {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', MAIN, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => void child.kill())
  return JSON.parse(await firstLine(child, 'the taker of ports')) as number[]
}

test('processes at the same time take different ports, though nobody listens on them yet', async (t) => {
  const taken = await Promise.all([60, 60, 60].map((count) => portsOfAnother(t, count)))
  const own = await Promise.all(Array.from({ length: 60 }, freePort))
  const all = [...taken.flat(), ...own]
  assert.equal(new Set(all).size, 4 * 60)
  assert.ok(all.every((it) => it >= 15_000 && it < 32_000))
})

test('a process has as many ports as it listens on, and none twice', async (t) => {
  const held: number[] = []
  for (let i = 0; i < 250; i++) {
    const port = await freePort()
    const server = createServer()
    await listen(server, port)
    t.after(() => void server.close())
    held.push(port)
  }
  assert.equal(new Set(held).size, 250)
})
