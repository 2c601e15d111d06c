import type { Cluster } from '../../replication/postgresql/cluster.js'
import { apply } from '../../replication/postgresql/operations/apply.js'
import type { Plan } from '../../replication/postgresql/operations/step.js'
import type { Work } from '../../replication/postgresql/operations/work.js'
import { planText, showProgress } from './show-progress.js'
import { json, type Streams } from './streams.js'

export interface CarryOutOptions {
  readonly dryRun: boolean
  readonly json: boolean
  readonly signal?: AbortSignal
  /** Default: no. */
  readonly mayRestart?: Work['mayRestart']
}

/** Shows a plan, and carries it out unless it is only to be shown. @returns whether it was carried out. */
export async function carryOut(
  plan: Plan,
  cluster: Cluster,
  options: CarryOutOptions,
  streams: Streams,
): Promise<boolean> {
  showPlan(plan, options.json, streams)
  if (options.dryRun) return false
  if (!options.json && plan.steps.length > 0) streams.err.write('\n')
  const { mayRestart = async () => false, signal } = options
  const report = showProgress(plan, options.json, streams)
  await apply(plan, cluster.work({ report, mayRestart, ...(signal === undefined ? {} : { signal }) }))
  return true
}

export function showPlan(plan: Plan, asJson: boolean, { out, err }: Streams): void {
  if (asJson) out.write(json({ event: 'plan', ...plan }))
  else err.write(planText(plan))
}
