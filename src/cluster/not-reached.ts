import { ConsistencyError } from '../base/errors.js'
import { markOutcome } from '../base/outcome.js'
import { positionText } from '../model/position.js'
import type { NodeView, View } from '../model/view.js'
import type { Fit } from './fit.js'

/** What to throw when no node shows what a read must see: says what that is, and where each node stands. */
export function notReached(fit: Fit | undefined, view: View, waitedMs: number): ConsistencyError {
  const wanted = fit?.wanted ?? 'writes of its session whose position could not be learnt'
  const refusals = view.nodes.map((node) => ({ node: node.name, why: whereIs(node) }))
  return new ConsistencyError(
    `no node shows what the read must see, ${wanted}, after ${Math.round(waitedMs)} ms`,
    refusals,
  )
}

/** What to throw when the primary does not show what a session has seen on replicas. Nothing has been sent. */
export function notShown(waitedMs: number): ConsistencyError {
  const error = new ConsistencyError(
    `the primary does not show yet what the session has seen on a replica, after ${Math.round(waitedMs)} ms: ` +
      'a commit waits for its synchronous standby',
    [],
  )
  return markOutcome(error, 'not-sent')
}

function whereIs({ progress: { position } }: NodeView): string {
  return position === undefined ? 'does not say where it stands' : `is at ${positionText(position)}`
}
