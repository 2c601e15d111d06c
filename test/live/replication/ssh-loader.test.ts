import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { framed, READY, remoteCommand } from '../../../src/replication/postgresql/hosts/ssh-loader.js'

/** What a host does with what arrives, here. */
async function receive(bytes: Buffer): Promise<{ code: number; said: string }> {
  const child = spawn('sh', ['-c', remoteCommand('login', 'postgres', false)], { stdio: ['pipe', 'pipe', 'ignore'] })
  let said = ''
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.write(bytes)
  // The line goes. What is whole is begun all the same, and then ended; what is not is not begun.
  child.stdin.end()
  const [code] = (await once(child, 'close')) as [number]
  return { code, said: said.replace(`${READY}\n`, '') }
}

test('a script that did not arrive whole, or whose input did not, is not begun, wherever it was cut', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loader-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const mark = join(folder, 'begun')
  const all = framed(`echo begun >${mark}\n# ä`, 'input\n', 15_000)
  // Every third byte: a shell is started for each, and neither a header nor a last byte is missed.
  for (let at = (all.length - 1) % 3; at < all.length; at += 3) {
    const { code, said } = await receive(all.subarray(0, at))
    assert.deepEqual([code, said, existsSync(mark)], [254, '', false], `cut at ${at}`)
  }
})

test('a script whose sender has gone is ended, with all that it started', async () => {
  const { code } = await receive(framed('sleep 1000 & sleep 1000', '', 15_000))
  assert.equal(code, 143)
})

test('the command line is the same for every script, and portable between shells', () => {
  for (const as of ['login', 'root', 'server'] as const) {
    const command = remoteCommand(as, 'postgres', true)
    assert.equal(command.split("'").length % 2, 1)
    assert.doesNotMatch(command, /\\/)
  }
})
