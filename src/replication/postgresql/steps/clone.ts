import { slotOf } from '../config/node-config.js'
import { conninfo, passFileText } from '../config/node-files.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import type { StepWork } from '../operations/work.js'
import { quoteShell } from '../script.js'
import { writeFiles } from './configure.js'
import { copyFiles } from './copy-files.js'
import { runScript } from './run-script.js'

/** A large primary takes its time. */
const TIMEOUT_MS = 24 * 3600 * 1000

/** `pg_basebackup`, where it is installed. What is copied appears under its name when it is complete. */
export async function clone(work: StepWork, from: ManagedNode): Promise<void> {
  const { binDir } = work.node.layout.paths
  const has = await work.node.host.run({ as: 'server', text: `test -x ${quoteShell(`${binDir}/pg_basebackup`)}` })
  return has.code === 0 ? backUp(work, from) : copyFiles(work, from)
}

async function backUp(work: StepWork, from: ManagedNode): Promise<void> {
  const { name, layout } = work.node
  const { binDir, dataDir, passFile } = layout.paths
  const unfinished = quoteShell(`${dataDir}.new`)
  const { passwords, sslMode } = work.configOf(name, from.name)
  await writeFiles(work, [{ path: passFile, text: passFileText(passwords) }])
  const source = conninfo(from.address, { application_name: name, passfile: passFile, sslmode: sslMode })
  const { mostMb, isGentle = false } = work.spec.copy ?? {}
  const pace = `--checkpoint=${isGentle ? 'spread' : 'fast'}${mostMb === undefined ? '' : ` --max-rate=${mostMb}M`}`
  const options = `--no-password ${pace} --wal-method=stream --slot=${slotOf(name)} --progress`
  const text = `umask 077
rm -rf ${unfinished}
${quoteShell(`${binDir}/pg_basebackup`)} --dbname=${quoteShell(source)} --pgdata=${unfinished} ${options}
: >${unfinished}/standby.signal
${layout.adopt()}`
  const meter = new Meter()
  const onLine = (line: string, stream: 'stdout' | 'stderr') => {
    const told = stream === 'stderr' ? meter.read(line) : undefined
    if (told !== undefined) work.goOn(told)
  }
  await runScript(work, { as: 'server', text }, { timeoutMs: TIMEOUT_MS, onLine })
}

/** `12345/67890 kB (18%), 0/1 tablespace`, as `pg_basebackup` says it in any language: numbers. */
export class Meter {
  readonly #now: () => number
  #startedMs: number | undefined

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** @returns bytes, rate and time left, or `undefined` for another line. */
  read(line: string): string | undefined {
    const [, done, all] = /(\d+)\/(\d+) kB/.exec(line) ?? []
    if (done === undefined || all === undefined) return undefined
    this.#startedMs ??= this.#now()
    const [doneMb, allMb] = [Number(done) / 1024, Number(all) / 1024]
    const seconds = (this.#now() - this.#startedMs) / 1000
    const size = `${doneMb.toFixed(0)} of ${allMb.toFixed(0)} MB`
    if (seconds < 0.5 || doneMb === 0) return size
    const rate = doneMb / seconds
    return `${size}, ${rate.toFixed(0)} MB/s, ${Math.ceil(Math.max(0, allMb - doneMb) / rate)} s left`
  }
}
