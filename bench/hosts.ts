// Measures what `sluice up` and its like take on hosts over SSH, beside repmgr set up by hand: `npm run bench:hosts`.
//
// The hosts are network namespaces with file systems of their own, on this machine: it needs root, and the parts that the tests of
// hosts need. --json prints one JSON object. --switchovers N: how often, under load; default 20.
import { parseArgs } from 'node:util'
import { Described } from '../test/support/hosts/described.js'
import { setUpRepmgr, switchOverByRepmgr } from '../test/support/hosts/repmgr.js'
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

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, switchovers: { type: 'string', default: '20' } },
})
const count = Number(values.switchovers)
const sluice = await measureSluice()
// Said at once: the rest takes minutes.
if (!values.json) console.error(JSON.stringify(sluice))
const repmgr = await measureRepmgr()
if (values.json) console.log(JSON.stringify({ sluice, repmgr }))
else console.log(table())

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
    const writer = new Writer(url)
    await writer.begin()
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
  const moved = ({ moves }: { readonly moves: Moves }) =>
    `${moves.count} switchovers under load: ${moves.acknowledged} writes acknowledged, ${moves.lost} lost\n` +
    `  longest time without a write, ms: ${text(moves.gapMs)}\n  whole command, ms: ${text(moves.wholeMs)}\n`
  return `sluice
  bare hosts to a proven pair, ms: ${sluice.bareToProvenMs}
  ${moved(sluice)}  failover after a power cut, ms: ${sluice.failoverMs}; rejoin, ms: ${sluice.rejoinMs}
repmgr, by hand: ${repmgr.commands} commands
  bare hosts to a pair, ms: ${repmgr.bareToProvenMs}
  ${moved(repmgr)}`
}
