import type { Topology, TopologyNode } from '../model/topology.js'

export interface PatroniOptions {
  /** REST interfaces of some members, such as `http://10.0.0.1:8008`. The others are learned from them. */
  readonly members: readonly string[]
  /** How often they are asked, in milliseconds. Default 1000. */
  readonly everyMs?: number
  /** For certificates of one's own authority, or other ways. Default: the global one. */
  readonly fetch?: typeof fetch
}

/** The parts of `GET /cluster` that count. Numbers of versions differ in the rest. */
interface Cluster {
  readonly members?: readonly Member[]
  readonly pause?: boolean
}

interface Member {
  readonly name: string
  readonly role: string
  readonly state?: string
  readonly host?: string
  readonly port?: number
  readonly api_url?: string
  readonly tags?: Readonly<Record<string, unknown>>
}

const LEADERS: ReadonlySet<string> = new Set(['leader', 'master', 'primary', 'standby_leader'])
/** Not a server yet, or not any more. */
const ABSENT: ReadonlySet<string> = new Set([
  'uninitialized',
  'creating replica',
  'starting bootstrap',
  'initdb failed',
])

/**
 * The members of a Patroni cluster, from the REST interface of any of them.
 *
 * The leader is named only if it says itself that it is: `/cluster` may go on naming one that has demoted itself, while the store
 * has no quorum. While Patroni is paused nobody is named, for it does not decide then; the servers are asked, as always. Members
 * with the tag `noloadbalance` do not read.
 *
 * @see https://patroni.readthedocs.io/en/latest/rest_api.html
 */
export function patroni(options: PatroniOptions): Topology {
  const { members, everyMs = 1000, fetch: ask = fetch } = options
  if (members.length === 0) throw new TypeError('patroni: members must name at least one REST interface')
  for (const member of members) mustBeUrl(member)
  const known = new Set(members.map(baseOf))
  return {
    name: 'patroni',
    id: `patroni ${members.map(baseOf).sort().join(' ')}`,
    everyMs,
    async find({ signal }) {
      const { members: found = [], pause = false } = await firstAnswer([...known], ask, signal)
      for (const { api_url: url } of found) if (url !== undefined) known.add(baseOf(url))
      const leader = pause ? undefined : await confirmed(found, ask, signal)
      return found.flatMap((it) => nodesOf(it, leader))
    },
  }
}

function nodesOf(member: Member, leader: Member | undefined): readonly TopologyNode[] {
  const { name, host, port, state = '', tags = {} } = member
  if (host === undefined || ABSENT.has(state)) return []
  return [{ name, host, port: port ?? 5432, isLeader: member === leader, takesReads: tags['noloadbalance'] !== true }]
}

/** The leader, by its own word. Who cannot be asked is not named: nothing is known of it then. */
async function confirmed(
  members: readonly Member[],
  ask: typeof fetch,
  signal: AbortSignal,
): Promise<Member | undefined> {
  const leader = members.find((it) => LEADERS.has(it.role))
  if (leader?.api_url === undefined) return undefined
  try {
    const answer = await ask(`${baseOf(leader.api_url)}/primary`, { method: 'OPTIONS', signal })
    return answer.status === 200 ? leader : undefined
  } catch {
    return undefined
  }
}

/** All are asked at once: one that is frozen must not hold up the search. */
async function firstAnswer(bases: readonly string[], ask: typeof fetch, signal: AbortSignal): Promise<Cluster> {
  const asked = bases.map(async (base) => {
    const answer = await ask(`${base}/cluster`, { signal })
    if (!answer.ok) throw new Error(`${base}/cluster answers ${answer.status}`)
    return (await answer.json()) as Cluster
  })
  try {
    return await Promise.any(asked)
  } catch (error) {
    const { errors } = error as AggregateError
    throw new Error(`no member of Patroni answers: ${errors.map((it: Error) => it.message).join('; ')}`, {
      cause: error,
    })
  }
}

function mustBeUrl(member: string): void {
  if (/^https?:\/\/[^/]/.test(member)) return
  throw new TypeError(`patroni: ${member} must be a URL such as http://10.0.0.1:8008`)
}

/** Members say `http://10.0.0.1:8008/patroni`. */
function baseOf(url: string): string {
  return new URL(url).origin
}
