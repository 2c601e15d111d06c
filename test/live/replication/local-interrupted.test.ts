import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Pool } from '../../../src/pg.js'
import { done, type Event, sluice, startSluice } from '../../support/cli.js'
import { eventually } from '../../support/pool.js'

/** A step of a switchover, by its kind; on the old primary, or on the one that takes over. */
const MOMENTS = [
  ['stop', 'old'],
  ['await-received', 'new'],
  ['promote', 'new'],
  ['configure', 'new'],
  ['make-standby', 'old'],
  ['start', 'old'],
] as const

test('a switchover that was killed at any step is repaired by what status says, and no write is lost', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'local-'))
  chmodSync(root, 0o755)
  const dir = join(root, 'cluster')
  const run = (command: string, ...args: readonly string[]) => sluice(command, '--dir', dir, '--json', ...args)
  t.after(async () => {
    done(await run('down', '--delete'))
    rmSync(root, { recursive: true })
  })
  const url =
    done(await run('up', '--local', '2'))
      .events()
      .at(-1)?.url ?? ''
  const pool = new Pool({ connectionString: url })
  pool.on('error', () => undefined)
  t.after(() => pool.end())
  await pool.query('create table kept (n int)')

  for (const [n, [kind, which]] of MOMENTS.entries()) {
    const roles = (await run('status')).events()[0]?.nodes ?? []
    const nodeOf = (role: string) => String(roles.find((it) => it['role'] === role)?.['node'])
    const node = which === 'old' ? nodeOf('primary') : nodeOf('standby')
    await eventually(
      () =>
        pool.query('insert into kept values ($1)', [n]).then(
          () => true,
          () => false,
        ),
      Boolean,
      20_000,
    )
    const started = startSluice(['switchover', '--dir', dir, '--json'], (line) => {
      const { event, step } = JSON.parse(line) as Event
      if (event === 'started' && step?.kind === kind && step.node === node) started.child.kill('SIGKILL')
    })
    assert.equal((await started.ended).code, null, `${kind} on ${node}`)
    await repaired(run)
    const { rows } = await pool.query({ text: 'select distinct n from kept order by n', route: 'primary' })
    assert.deepEqual(
      rows.map((it) => it['n']),
      MOMENTS.slice(0, n + 1).map((_, at) => at),
    )
  }
})

/** By the commands that `status` names, and no others. */
async function repaired(
  run: (command: string, ...args: readonly string[]) => ReturnType<typeof sluice>,
): Promise<void> {
  await eventually(
    async () => {
      const ended = await run('status')
      const problems = ended.events()[0]?.problems ?? []
      for (const [, command = '', node] of problems.join('\n').matchAll(/sluice (up|rejoin)(?: (node-\d))?/g)) {
        await run(command, ...(node === undefined ? [] : [node]))
        break
      }
      return { code: ended.code, problems }
    },
    (it) => it.code === 0,
    60_000,
  )
}
