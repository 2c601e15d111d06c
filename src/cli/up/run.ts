import { OperationError } from '../../replication/postgresql/errors.js'
import { hasCluster } from '../../replication/postgresql/local/cluster-file.js'
import type { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { makeCluster } from '../../replication/postgresql/local/make-cluster.js'
import { planUp } from '../../replication/postgresql/operations/plan-up.js'
import type { Survey } from '../../replication/postgresql/operations/survey.js'
import { carryOut, showPlan } from '../cluster/carry-out.js'
import { type ExitCode, json, type Streams } from '../cluster/streams.js'
import { guarded, operatingOn } from '../cluster/with-cluster.js'

export interface UpOptions {
  readonly dir: string
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
}

export async function runUp(options: UpOptions): Promise<ExitCode> {
  if (!hasCluster(options.dir)) {
    const made = await guarded('up', options, (_, streams) => make(options, streams))
    if (made !== 0 || options.dryRun) return made
  }
  return operatingOn('up', options, async ({ cluster, streams, signal }) => {
    mustBeAsWanted(cluster, options)
    const plan = planUp(await cluster.survey())
    if (await carryOut(plan, cluster, { ...options, signal }, streams)) tellUrl(cluster, options.json, streams)
    return 0
  })
}

async function make(options: UpOptions, streams: Streams): Promise<ExitCode> {
  const { local, dir, database, user, sync, version, binDir, port } = options
  if (local === undefined) {
    throw new OperationError('find the cluster', `there is none in ${dir}`, { hint: 'sluice up --local 3 makes one' })
  }
  if (sync >= local) {
    throw new OperationError('make the cluster', `--sync ${sync} needs ${sync + 1} nodes, and --local is ${local}`, {
      hint: `sluice up --local ${sync + 1} --sync ${sync}`,
    })
  }
  if (options.dryRun) showPlan(planUp(nothingYet(local, database)), options.json, streams)
  else await makeCluster(dir, { nodes: local, database, appRole: user, synchronous: sync, version, binDir, port })
  return 0
}

function nothingYet(nodes: number, database: string): Survey {
  const names = Array.from({ length: nodes }, (_, at) => `node-${at + 1}`)
  return {
    states: new Map(names.map((name) => [name, { is: 'absent' }])),
    ports: new Map(),
    database,
    isConfigured: () => false,
  }
}

/** The cluster that is there is not changed by the way. */
function mustBeAsWanted({ file, dir }: LocalCluster, { local }: UpOptions): void {
  if (local === undefined || local === file.nodes.length) return
  throw new OperationError('compare', `the cluster in ${dir} has ${file.nodes.length} nodes, and --local is ${local}`, {
    hint: 'sluice add and sluice remove change it; --dir names another',
  })
}

function tellUrl({ url }: LocalCluster, asJson: boolean, { out, err }: Streams): void {
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
