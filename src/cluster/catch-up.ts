import type { Clock } from '../base/clock.js'
import type { NodePool } from '../model/driver.js'
import type { Node } from './node.js'

export interface CatchUpParts<Pool extends NodePool> {
  readonly clock: Clock
  /** Settles when the node has said where it stands, or could not. */
  readonly askPosition: (node: Node<Pool>) => Promise<void>
}

/** What a replica must show. */
export interface Goal<Pool extends NodePool> {
  /** Takes in what has become known. Called before `allows`. */
  prepare(): void
  allows(node: Node<Pool>): boolean
  /** Whether waiting for so long will surely not do. Asked after the node has just said where it stands. */
  isHopeless(node: Node<Pool>, waitMs: number): boolean
}

/** More are not asked at once: those that are the furthest are the likeliest. */
const MOST_ASKED = 3

/**
 * Waits until one of the replicas shows what a read must see, as long as one is likely to. Each is followed by itself, so
 * that one that does not answer holds up nobody.
 *
 * @returns whether one does. `false`: none within `waitMs`, or none that can be expected to.
 */
export function catchUp<Pool extends NodePool>(
  nodes: readonly Node<Pool>[],
  fit: Goal<Pool>,
  waitMs: number,
  { clock, askPosition }: CatchUpParts<Pool>,
): Promise<boolean> {
  const untilMs = clock.now() + waitMs
  return new Promise((resolve) => {
    const followed = furthest(nodes)
    let left = followed.length
    let isOver = false
    const finish = (found: boolean) => {
      isOver = true
      timer.stop()
      resolve(found)
    }
    const timer = clock.after(waitMs, () => finish(false), { waitedFor: true })
    const follow = async (node: Node<Pool>) => {
      while (!isOver) {
        await askPosition(node)
        if (isOver) return
        fit.prepare()
        if (nodes.some((it) => fit.allows(it))) return finish(true)
        if (node.progress.position === undefined || fit.isHopeless(node, untilMs - clock.now())) break
      }
      if (--left === 0 && !isOver) finish(false)
    }
    for (const node of followed) void follow(node)
  })
}

function furthest<Pool extends NodePool>(nodes: readonly Node<Pool>[]): readonly Node<Pool>[] {
  if (nodes.length <= MOST_ASKED) return nodes
  const lsnOf = (node: Node<Pool>) => node.progress.position?.lsn ?? 0n
  return nodes.toSorted((one, other) => (lsnOf(other) > lsnOf(one) ? 1 : -1)).slice(0, MOST_ASKED)
}
