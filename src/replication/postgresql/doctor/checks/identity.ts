import type { Check } from '../finding.js'
import { list, onEach, onStandbys, primaryOf } from './help.js'

const OLDEST_SUPPORTED = 14

export const IDENTITY: readonly Check[] = [
  {
    id: 'unreachable',
    severity: 'critical',
    looksAt: 'every node that was named answers',
    why: 'what does not answer serves nobody, and cannot be examined',
    find: ({ silent }) =>
      silent.map(({ node, why }) => ({ node, evidence: why, change: 'start it, or see who keeps us from it' })),
  },
  {
    id: 'no-primary',
    severity: 'critical',
    looksAt: 'one of the nodes is the primary',
    why: 'nobody takes writes',
    find: ({ nodes }) =>
      nodes.length > 0 && nodes.every((it) => it.isStandby)
        ? [
            {
              evidence: `${list(nodes.map((it) => it.node))}: all in recovery`,
              change: 'name the primary, too; or sluice failover',
            },
          ]
        : [],
  },
  {
    id: 'two-primaries',
    severity: 'critical',
    looksAt: 'not more than one node takes writes',
    why: 'what the superseded one is given, nobody will see again',
    find: (cluster) => {
      const primaries = cluster.nodes.filter((it) => !it.isStandby)
      const newest = primaryOf(cluster)
      return primaries
        .filter((it) => it !== newest && it.system === newest?.system)
        .map((it) => ({
          node: it.node,
          evidence: `takes writes on timeline ${it.timeline}, and ${newest?.node} on timeline ${newest?.timeline}`,
          change: `stop it now; pg_rewind, or a new copy, makes it a standby of ${newest?.node}: sluice rejoin`,
        }))
    },
  },
  {
    id: 'different-systems',
    severity: 'critical',
    looksAt: 'all nodes have one system identifier',
    why: 'they were not copied from each other: reads would come from another database',
    find: (cluster) => {
      const own = (primaryOf(cluster) ?? cluster.nodes[0])?.system
      return cluster.nodes
        .filter((it) => it.system !== own)
        .map((it) => ({
          node: it.node,
          evidence: `system ${it.system}, the others ${own}`,
          change: 'take it out of the URL, or copy it anew from the primary',
        }))
    },
  },
  {
    id: 'timeline-behind',
    severity: 'critical',
    looksAt: 'standbys follow the timeline of the primary',
    why: 'it follows a history that has ended, and gets nothing more',
    find: onStandbys(({ receiver, timeline }, cluster) => {
      const primary = primaryOf(cluster)
      const followed = receiver === null ? timeline : receiver?.timeline
      if (primary === undefined || followed === undefined || followed >= primary.timeline) return undefined
      return {
        evidence: `timeline ${followed}, ${primary.node} is on ${primary.timeline}`,
        change: `primary_conninfo to ${primary.node}; if it went on further than the histories part: pg_rewind, or sluice rejoin`,
      }
    }),
  },
  {
    id: 'old-version',
    severity: 'warning',
    looksAt: `the major version is still supported: ${OLDEST_SUPPORTED} or newer`,
    why: 'errors in it are not repaired any more',
    find: onEach(({ version }) =>
      major(version) >= OLDEST_SUPPORTED
        ? undefined
        : { evidence: `PostgreSQL ${major(version)}`, change: 'plan an upgrade: pg_upgrade, or logical replication' },
    ),
  },
  {
    id: 'major-versions-differ',
    severity: 'critical',
    looksAt: 'all nodes have one major version',
    why: 'streaming replication works within one only',
    find: ({ nodes }) =>
      differing(
        nodes.map((it) => ({ node: it.node, value: String(major(it.version)) })),
        'install the same major version on all',
      ),
  },
  {
    id: 'minor-versions-differ',
    severity: 'advice',
    looksAt: 'all nodes have one minor version',
    why: 'errors that one of them has were repaired in another; standbys are upgraded first',
    find: ({ nodes }) => {
      if (new Set(nodes.map((it) => major(it.version))).size > 1) return []
      return differing(
        nodes.map((it) => ({ node: it.node, value: `${major(it.version)}.${it.version % 10_000}` })),
        'upgrade the packages, standbys first',
      )
    },
  },
  {
    id: 'libraries-differ',
    severity: 'warning',
    looksAt: 'all nodes preload the same libraries',
    why: 'what the primary does with them fails on a standby, at the latest when that is promoted',
    find: ({ nodes }) =>
      differing(
        nodes.flatMap((it) => {
          const value = it.settings['shared_preload_libraries']
          return value === undefined ? [] : [{ node: it.node, value: value === '' ? 'none' : value }]
        }),
        'the same shared_preload_libraries on all, then restart',
      ),
  },
  {
    id: 'clock-skew',
    severity: 'warning',
    looksAt: "the nodes' clocks agree to half a second",
    why: 'lag in time, now() after a failover, and the order of log lines are wrong by as much',
    find: ({ nodes }) => {
      const [first, ...others] = nodes
      if (first === undefined) return []
      return others.flatMap(({ node, clock }) => {
        const apart = Math.abs(clock.offsetMs - first.clock.offsetMs) - clock.errorMs - first.clock.errorMs
        if (apart < 500) return []
        return [
          {
            node,
            evidence: `${Math.round(apart)} ms at least from ${first.node}`,
            change: 'run chrony, or another NTP client, on both',
          },
        ]
      })
    },
  },
]

export function major(version: number): number {
  return Math.floor(version / 10_000)
}

function differing(values: readonly { readonly node: string; readonly value: string }[], change: string) {
  if (new Set(values.map((it) => it.value)).size < 2) return []
  return [{ evidence: values.map((it) => `${it.node}: ${it.value}`).join('; '), change }]
}
