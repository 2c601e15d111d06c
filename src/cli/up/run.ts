import type { Cluster } from '../../replication/postgresql/cluster.js'
import { OperationError } from '../../replication/postgresql/errors.js'
import { hasCluster } from '../../replication/postgresql/local/cluster-file.js'
import { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { makeCluster } from '../../replication/postgresql/local/make-cluster.js'
import { planUp } from '../../replication/postgresql/operations/plan-up.js'
import { plans } from '../../replication/postgresql/operations/plans.js'
import type { Survey } from '../../replication/postgresql/operations/survey.js'
import type { Work } from '../../replication/postgresql/operations/work.js'
import { setInFile } from '../../replication/postgresql/remote/change-file.js'
import { askYesNo } from '../cluster/ask.js'
import { carryOut, showPlan } from '../cluster/carry-out.js'
import { DEFAULT_DIR, dirOf, fileOf, type Which } from '../cluster/open-cluster.js'
import { type ExitCode, json, type Streams } from '../cluster/streams.js'
import { guarded, operatingOn } from '../cluster/with-cluster.js'

export interface UpOptions extends Which {
  readonly json: boolean
  readonly dryRun: boolean
  /** Nodes of a new cluster. */
  readonly local?: number
  readonly version?: number
  readonly binDir?: string
  readonly database: string
  readonly user: string
  readonly sync: number
  readonly port?: number
  /** Nodes whose data is set aside. */
  readonly replace?: readonly string[]
  readonly restart: boolean
}

export async function runUp(given: UpOptions): Promise<ExitCode> {
  const options = given.local === undefined ? given : { ...given, dir: given.dir ?? DEFAULT_DIR }
  if (fileOf(options) === undefined && !hasCluster(dirOf(options))) {
    const made = await guarded('up', options, (_, streams) => make(options, streams))
    if (made !== 0 || options.dryRun) return made
  }
  if (options.ha !== undefined) {
    const written = await guarded('up', options, async () => writeEngine(options))
    if (written !== 0) return written
  }
  return operatingOn('up', options, async ({ cluster, streams, signal }) => {
    if (cluster instanceof LocalCluster) mustBeAsWanted(cluster, options)
    const plan = plans.up(await cluster.survey(), options)
    const mayRestart = restartRule(cluster, options)
    if (await carryOut(plan, cluster, { ...options, signal, mayRestart }, streams)) {
      tellUrl(await cluster.urlFor({}), options.json, streams)
    }
    return 0
  })
}

function writeEngine({ ha, dryRun, ...which }: UpOptions): ExitCode {
  const file = fileOf(which)
  if (file === undefined) {
    const hint = 'sluice init describes hosts of its own'
    throw new OperationError(`hand over to ${ha}`, 'it is for clusters on hosts of their own', { hint })
  }
  if (!dryRun && ha !== undefined) setInFile(file, 'ha', ha)
  return 0
}

/** Nobody's clients but one's own are on this machine. */
function restartRule(cluster: Cluster, { restart, json: asJson }: UpOptions): Work['mayRestart'] {
  if (restart || cluster instanceof LocalCluster) return async () => true
  return async (node, clients) =>
    !asJson && askYesNo(`${node} must restart, and has ${clients} clients. Restart it now?`)
}

async function make(options: UpOptions, streams: Streams): Promise<ExitCode> {
  const { local, database, user, sync, version, binDir, port } = options
  const dir = dirOf(options)
  if (local === undefined) {
    throw new OperationError('find the cluster', `there is no sluice.yaml here, and none in ${dir}`, {
      hint: 'sluice up --local 3 makes one on this machine; sluice init describes one on hosts of its own',
    })
  }
  if (sync >= local) {
    throw new OperationError('make the cluster', `--sync ${sync} needs ${sync + 1} nodes, and --local is ${local}`, {
      hint: `sluice up --local ${sync + 1} --sync ${sync}`,
    })
  }
  if (options.dryRun) showPlan(planUp(nothingYet(local, options)), options.json, streams)
  else await makeCluster(dir, { nodes: local, database, appRole: user, synchronous: sync, version, binDir, port })
  return 0
}

function nothingYet(nodes: number, { database, sync }: UpOptions): Survey {
  const names = Array.from({ length: nodes }, (_, at) => `node-${at + 1}`)
  return {
    states: new Map(names.map((name) => [name, { is: 'absent' }])),
    addresses: new Map(),
    ...{ database, roles: [], synchronous: sync, notInstalled: new Set(), delayed: new Set(), from: new Map() },
    ...{ isConfigured: () => false, settingsOf: () => ({}) },
  }
}

/** The cluster that is there is not changed by the way. */
function mustBeAsWanted({ file, dir }: LocalCluster, { local }: UpOptions): void {
  if (local === undefined || local === file.nodes.length) return
  throw new OperationError('compare', `the cluster in ${dir} has ${file.nodes.length} nodes, and --local is ${local}`, {
    hint: 'sluice add and sluice remove change it; --dir names another',
  })
}

function tellUrl(url: string, asJson: boolean, { out, err }: Streams): void {
  if (asJson) return void out.write(json({ event: 'ready', url }))
  err.write(`
The application's pool, reads on standbys and writes on the primary:

  import { Pool } from 'sluice/pg'
  const pool = new Pool({ connectionString: process.env.DATABASE_URL })
  await pool.query('select 1')

Its DATABASE_URL, which sluice url prints again:

`)
  out.write(`${url}\n`)
}
