import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { freePort } from '../../src/replication/postgresql/programs/ports.js'
import type { TestCluster } from '../../src/testing.js'
import { staleReplica } from '../live/http/stale-replica.js'
import { installPacked } from '../package/packed.js'
import { Browser } from '../support/browser.js'
import { need } from '../support/need.js'

const HERE = import.meta.dirname
const NEXT = join(HERE, 'node_modules/next/dist/bin/next')
/** Next.js writes the attributes of those it sets itself in an order of its own. */
const COOKIE = /^sluice=v1\.[\w-]+\.[\w-]+; (?=.*HttpOnly)(?=.*SameSite=lax)/i
/** It compiles the application, on a machine that may be busy. */
const READY_MS = 120_000

const part = {
  suite: 'Next.js itself',
  what: 'npm packages of its own (npm ci --prefix test/next)',
  isThere: existsSync(NEXT),
}

describe('an application of Next.js, built and started as in production', need(part), () => {
  let cluster: TestCluster
  let application: Application
  let count = 0
  const newNote = () => `next ${++count}`
  const browse = () => new Browser(application.url)

  before(async () => {
    const started = await staleReplica()
    cluster = started.cluster
    await started.pool.end()
    await build()
    application = await start(cluster)
  })
  after(async () => {
    await application?.stop()
    await cluster?.stop()
  })

  test('the page after a redirect shows what the request before it wrote; others may see an older one', async () => {
    const [note, browser] = [newNote(), browse()]
    const first = await browser.post('/notes', note)
    assert.deepEqual([first.status, first.setCookies.length], [303, 1], first.text)
    assert.match(first.setCookies.join(), COOKIE)
    assert.ok(JSON.parse((await first.follow()).text).includes(note))
    assert.ok(!JSON.parse((await browse().get('/notes')).text).includes(note))
  })

  test('redirect() of Next.js after a write carries the session', async () => {
    const [note, browser] = [newNote(), browse()]
    const first = await browser.post('/moved', note)
    assert.match(first.setCookies.join(), COOKIE)
    assert.ok(JSON.parse((await first.follow()).text).includes(note))
  })

  test('a page shows what its reader has written', async () => {
    const [note, browser] = [newNote(), browse()]
    await browser.post('/notes', note)
    assert.match((await browser.get('/')).text, new RegExp(`<li>${note}</li>`))
    assert.doesNotMatch((await browse().get('/')).text, new RegExp(`<li>${note}</li>`))
  })

  for (const [name, then, shows] of [
    ['the page that is rendered after a server action, in the same answer, shows what it wrote', 'stay', '/'],
    ['a server action that leaves by redirect() carries the session', 'leave', '/notes'],
  ] as const) {
    test(name, async () => {
      const [note, browser] = [newNote(), browse()]
      const page = await browser.fill('/', { body: note, then })
      assert.match(page.setCookies.join(), COOKIE)
      if (then === 'stay') assert.match(page.text, new RegExp(`<li>${note}</li>`))
      else assert.deepEqual([page.status, page.headers.get('location')], [303, shows])
      assert.ok((await browser.get(shows)).text.includes(note))
    })
  }

  test('a streamed response carries the session, and is written in it', async () => {
    const [note, browser] = [newNote(), browse()]
    const page = await browser.post('/stream', note)
    assert.ok(page.text.split('\n').includes(note), page.text)
    assert.match(page.setCookies.join(), COOKIE)
    assert.ok(JSON.parse((await browser.get('/notes')).text).includes(note))
  })

  test('a request that asks no database sets no cookie', async () => {
    const browser = browse()
    await browser.post('/notes', newNote())
    for (const page of [await browser.get('/plain'), await browse().get('/plain')]) {
      assert.deepEqual([page.status, page.text, page.setCookies], [200, 'plain', []])
    }
  })

  test('requests at the same time do not see each other’s sessions', async () => {
    const pairs = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const [note, browser] = [newNote(), browse()]
        const page = await (await browser.post('/notes', note)).follow()
        const other = await browse().get('/notes')
        return [JSON.parse(page.text).includes(note), JSON.parse(other.text).length]
      }),
    )
    assert.deepEqual(
      pairs,
      pairs.map(() => [true, 0]),
    )
  })
})

/** The package as it would be published, where the application finds it, and the application built with it. */
async function build(): Promise<void> {
  const packed = installPacked([])
  const installed = join(HERE, 'node_modules/sluice')
  rmSync(installed, { recursive: true, force: true })
  cpSync(packed.installed, installed, { recursive: true })
  rmSync(packed.root, { recursive: true, force: true })
  rmSync(join(HERE, '.next'), { recursive: true, force: true })
  const options = { cwd: HERE, env: environment(), timeout: READY_MS }
  await promisify(execFile)(process.execPath, [NEXT, 'build'], options)
}

interface Application {
  readonly url: string
  stop(): Promise<void>
}

async function start(cluster: TestCluster): Promise<Application> {
  const port = await freePort()
  const urls = { PRIMARY_URL: cluster.primary.url, REPLICA_URL: cluster.replicas[0]?.url }
  const child = spawn(process.execPath, [NEXT, 'start', '-H', '127.0.0.1', '-p', String(port)], {
    cwd: HERE,
    env: { ...environment(), ...urls },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk))
  const url = `http://127.0.0.1:${port}`
  const stop = () => ended(child)
  try {
    await untilAnswers(url, child)
  } catch (error) {
    await stop()
    throw new Error(`${(error as Error).message}; it said: ${said}`)
  }
  return { url, stop }
}

async function untilAnswers(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + READY_MS
  while (performance.now() < deadline && child.exitCode === null) {
    const isThere = await new Browser(url).get('/plain').then(
      (page) => page.status === 200,
      () => false,
    )
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`Next.js does not answer (exit code ${child.exitCode})`)
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.on('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env
  return { ...rest, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }
}
