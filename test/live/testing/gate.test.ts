import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'

test('a process ends by itself though a gate was closed in the very moment in which a connection ended', async () => {
  const main = join(import.meta.dirname, '../../support/gate-main.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', main], { stdio: ['ignore', 'inherit', 'inherit'] })
  const deadline = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const [code, signal] = await once(child, 'exit')
  clearTimeout(deadline)
  assert.deepEqual([code, signal], [0, null])
})
