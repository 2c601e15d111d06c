// Measures what `sluice up` and its like take on hosts over SSH, beside repmgr set up by hand: `npm run bench:hosts`.
//
// The hosts are network namespaces with file systems of their own, on this machine: it needs root, and the parts that the tests of
// hosts need. --json prints one JSON object. --switchovers N: how often, under load; default 20. --only sluice, repmgr or patroni.
import { parseArgs } from 'node:util'
import { Described } from '../test/support/hosts/described.js'
import { setUpRepmgr, switchOverByRepmgr } from '../test/support/hosts/repmgr.js'
import { eventually } from '../test/support/pool.js'
import { missing, Writer } from '../test/support/writer.js'

interface Moves {
  readonly count: number
  readonly acknowledged: number
  readonly lost: number
  readonly gapMs: Spread
  readonly wholeMs: Spread
}

interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** For a cluster to be whole again. */
const LONGEST_MS = 120_000

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    switchovers: { type: 'string', default: '20' },
  },
})
const count = Number(values.switchovers)
const sluice = await unlessLeftOut('sluice', measureSluice)
const patroni = await unlessLeftOut('patroni', measurePatroni)
const repmgr = await unlessLeftOut('repmgr', measureRepmgr)
if (values.json) console.log(JSON.stringify({ sluice, patroni, repmgr }))
else console.log(table())

async function unlessLeftOut<Measured>(name: string, measure: () => Promise<Measured>): Promise<Measured | undefined> {
  if (values.only !== undefined && values.only !== name) return undefined
  const measured = await measure()
  // Said at once: the rest takes minutes.
  if (!values.json) console.error(JSON.stringify({ [name]: measured }))
  return measured
}

async function measureSluice() {
  const its = await Described.start(['db1', 'db2'])
  try {
    const bare = await timed(() => done(its, 'up'))
    const url = (await its.run('url')).events()[0]?.url ?? ''
    const moves = await move(count, url, () => done(its, 'switchover'))
    const roles = await its.healthy()
    const old = its.hosts.find((it) => roles.includes(`${it.name} primary`))
    if (old === undefined) throw new Error('there is no primary')
    await old.powerCut()
    const failover = await timed(() => done(its, 'failover', '--force'))
    await old.boot()
    const rejoin = await timed(() => done(its, 'rejoin', old.name))
    return { bareToProvenMs: bare, moves, failoverMs: failover, rejoinMs: rejoin }
  } finally {
    await its.stop()
  }
}

/** Three hosts with a synchronous standby, that Patroni takes over: switchovers that it is asked for, then power cuts of its leader. */
async function measurePatroni() {
  const its = await Described.start(['db1', 'db2', 'db3'])
  try {
    its.describe('sync: 1\n')
    await done(its, 'up')
    const takeOver = await timed(() => done(its, 'up', '--ha', 'patroni'))
    const url = (await its.run('url')).events()[0]?.url ?? ''
    let roles = await whole(its)
    const moves = await move(count, url, async () => {
      await done(its, 'switchover')
      roles = await whole(its)
    })
    const cuts = await move(Math.ceil(count / 4), url, async () => {
      const leader = its.hosts.find((it) => it.name === nameOfPrimary(roles))
      if (leader === undefined) throw new Error('there is no primary')
      await leader.powerCut()
      await eventually(
        () => its.run('status'),
        (it) =>
          (it.events()[0]?.nodes ?? []).some((node) => node['node'] !== leader.name && node['role'] === 'primary'),
        LONGEST_MS,
      )
      await leader.boot()
      await done(its, 'up')
      roles = await whole(its)
    })
    return { takeOverMs: takeOver, moves, cuts }
  } finally {
    await its.stop()
  }
}

/** The same by hand, as its documentation has it: every command that a person would type. */
async function measureRepmgr() {
  const its = await Described.start(['db1', 'db2'])
  try {
    let pair = await setUpRepmgr(its)
    const bare = pair.tookMs
    const moves = await move(Math.min(count, 10), pair.url, async () => {
      pair = await switchOverByRepmgr(pair)
    })
    return { bareToProvenMs: bare, moves, commands: pair.commands }
  } finally {
    await its.stop()
  }
}

async function move(times: number, url: string, once: () => Promise<unknown>): Promise<Moves> {
  const [gaps, wholes]: [number[], number[]] = [[], []]
  let [acknowledged, lost] = [0, 0]
  for (let i = 0; i < times; i++) {
    const writer = await Writer.start(url)
    wholes.push(await timed(once))
    const written = await writer.end(60_000)
    gaps.push(writer.longestGapMs)
    acknowledged += written.length
    lost += (await missing(url, written)).length
  }
  return { count: times, acknowledged, lost, gapMs: spread(gaps), wholeMs: spread(wholes) }
}

async function done(its: Described, command: string, ...args: readonly string[]): Promise<void> {
  const ended = await its.run(command, ...args)
  if (ended.code !== 0) throw new Error(`${command}: ${ended.out}${ended.err}`)
}

/** Patroni takes its time until all is well again. */
async function whole(its: Described): Promise<readonly string[]> {
  await eventually(
    () => its.run('status'),
    (it) => it.code === 0,
    LONGEST_MS,
  )
  return its.healthy()
}

function nameOfPrimary(roles: readonly string[]): string | undefined {
  return roles.find((it) => it.endsWith(' primary'))?.split(' ')[0]
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return Math.round(performance.now() - startedMs)
}

function spread(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b)
  return { median: sorted[sorted.length >> 1] ?? 0, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 }
}

function table(): string {
  const text = ({ median, least, most }: Spread) => `${median} (${least} to ${most})`
  const moved = (what: string, { count, acknowledged, lost, gapMs, wholeMs }: Moves) =>
    `  ${count} ${what} under load: ${acknowledged} writes acknowledged, ${lost} lost\n` +
    `    longest time without a write, ms: ${text(gapMs)}\n    whole, ms: ${text(wholeMs)}\n`
  const tables: string[] = []
  if (sluice !== undefined) {
    const times = `failover after a power cut, ms: ${sluice.failoverMs}; rejoin, ms: ${sluice.rejoinMs}`
    tables.push(
      `sluice\n  bare hosts to a proven pair, ms: ${sluice.bareToProvenMs}\n${moved('switchovers', sluice.moves)}  ${times}\n`,
    )
  }
  if (patroni !== undefined) {
    const moves = `${moved('switchovers', patroni.moves)}${moved('power cuts of the leader', patroni.cuts)}`
    tables.push(`sluice with Patroni\n  taking over, ms: ${patroni.takeOverMs}\n${moves}`)
  }
  if (repmgr !== undefined) {
    const { commands, bareToProvenMs, moves } = repmgr
    tables.push(
      `repmgr, by hand: ${commands} commands\n  bare hosts to a pair, ms: ${bareToProvenMs}\n${moved('switchovers', moves)}`,
    )
  }
  return tables.join('')
}
