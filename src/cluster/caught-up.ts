import type { NodePool } from '../model/driver.js'
import { catchUp } from './catch-up.js'
import type { RouterParts } from './errand.js'
import type { Ground } from './ground.js'
import type { Node } from './node.js'

/** A wait of a hundred times this long bears it between two questions to a node. */
const QUESTIONS_IN_A_WAIT = 100

/**
 * Whether a replica of this shard shows all that the session must see, or will within `waitMs`. For a wait much longer
 * than that of a read: the questions are far apart.
 */
export async function caughtUp<Pool extends NodePool>(
  ground: Ground<Pool>,
  shard: string | undefined,
  waitMs: number,
  parts: RouterParts<Pool>,
): Promise<boolean> {
  if (ground.position === undefined && ground.isSettled) return true
  const { clock } = parts
  const untilMs = clock.now() + waitMs
  const replicas = () => parts.choices().of(shard)?.replicas.nodes ?? []
  if (replicas().length === 0) await parts.askAll(waitMs)
  if (!(await ground.learn(waitMs))) return false
  if (replicas().length === 0) return false
  if (replicas().some((node) => ground.allows(node))) return true
  const askPosition = async (node: Node<Pool>) => {
    await new Promise<void>((resolve) => clock.after(waitMs / QUESTIONS_IN_A_WAIT, resolve, { waitedFor: true }))
    await parts.askPosition(node)
  }
  return catchUp(replicas(), ground, Math.max(0, untilMs - clock.now()), { clock, askPosition })
}
