import type { Position, SessionStore, StoredPosition } from '../../src/index.js'

/** Cases for every session store: what was put into it, one after the other, and what it must then show. */
export interface Rise {
  readonly title: string
  readonly rises: readonly (readonly StoredPosition[])[]
  readonly shows: readonly StoredPosition[]
}

export function at(timeline: number, lsn: bigint, system = '7301'): Position {
  return { system, timeline, lsn }
}

export function shop(position: Position | 'unknown', shard?: string): StoredPosition {
  return { clusterId: 'shop', shard, position }
}

/** The greatest that a double can tell from its neighbours is 2^53. */
const BEYOND_DOUBLES = 2n ** 63n
const GREATEST = 2n ** 64n - 1n

export const RISES: readonly Rise[] = [
  { title: 'knows nothing at first', rises: [], shows: [] },
  { title: 'keeps a position', rises: [[shop(at(1, 10n))]], shows: [shop(at(1, 10n))] },
  { title: 'rises', rises: [[shop(at(1, 9n))], [shop(at(1, 10n))]], shows: [shop(at(1, 10n))] },
  { title: 'never falls', rises: [[shop(at(1, 10n))], [shop(at(1, 9n))]], shows: [shop(at(1, 10n))] },
  {
    title: 'takes a later timeline before a greater LSN',
    rises: [[shop(at(9, 99n))], [shop(at(10, 1n))], [shop(at(9, 100n))]],
    shows: [shop(at(10, 1n))],
  },
  {
    title: 'takes a position of another system in place of what was there, however small',
    rises: [[shop(at(5, 99n, '7301'))], [shop(at(1, 1n, '7302'))]],
    shows: [shop(at(1, 1n, '7302'))],
  },
  {
    title: 'tells positions apart that no double can',
    rises: [[shop(at(1, BEYOND_DOUBLES))], [shop(at(1, BEYOND_DOUBLES + 1n))], [shop(at(1, BEYOND_DOUBLES))]],
    shows: [shop(at(1, BEYOND_DOUBLES + 1n))],
  },
  {
    title: 'keeps the greatest position and timeline there are',
    rises: [[shop(at(1, 5n))], [shop(at(2 ** 32 - 1, GREATEST))]],
    shows: [shop(at(2 ** 32 - 1, GREATEST))],
  },
  {
    title: 'keeps clusters and shards apart',
    rises: [[shop(at(1, 9n)), shop(at(1, 2n), 'eu')], [{ clusterId: 'logs', shard: 'eu', position: at(1, 1n) }]],
    shows: [{ clusterId: 'logs', shard: 'eu', position: at(1, 1n) }, shop(at(1, 9n)), shop(at(1, 2n), 'eu')],
  },
  {
    title: 'keeps an unknown position beside a known one, whichever came first',
    rises: [[shop('unknown')], [shop(at(1, 9n))], [shop(at(1, 8n), 'eu')], [shop('unknown', 'eu')]],
    shows: [shop(at(1, 9n)), shop('unknown'), shop(at(1, 8n), 'eu'), shop('unknown', 'eu')],
  },
]

/** What the store shows in the end, in the order of `RISES`. */
export async function lastShown(store: SessionStore, key: string, rises: Rise['rises']): Promise<StoredPosition[]> {
  for (const positions of rises) await store.raise(key, positions)
  return inOrder(await store.load(key))
}

export function inOrder(positions: readonly StoredPosition[]): StoredPosition[] {
  const nameOf = ({ clusterId, shard, position }: StoredPosition) =>
    `${clusterId} ${shard ?? ''} ${position === 'unknown' ? 2 : 1}`
  return positions.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
}
