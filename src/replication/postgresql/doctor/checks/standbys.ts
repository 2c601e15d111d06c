import type { Check } from '../finding.js'
import { mb, onEach, onStandbys, primaryOf, set } from './help.js'

const SILENT_SECONDS = 30
const FAR_BEHIND = 64n << 20n
const LONG_DELAY_MS = 300_000
/** A standby whose value is lower stops, or stops to replay. */
const AT_LEAST = [
  ...['max_connections', 'max_worker_processes', 'max_wal_senders', 'max_prepared_transactions'],
  'max_locks_per_transaction',
]

export const STANDBYS: readonly Check[] = [
  {
    id: 'follows-nobody',
    severity: 'critical',
    looksAt: 'every standby has a connection to a primary',
    why: 'it shows an ever older past, and has nothing to be promoted for',
    find: onStandbys(({ receiver }) =>
      receiver === null
        ? {
            evidence: 'no WAL receiver runs',
            change: 'read its log: the address, the password, or a slot is wrong in primary_conninfo',
          }
        : undefined,
    ),
  },
  {
    id: 'receiver-silent',
    severity: 'warning',
    looksAt: `a standby heard of its primary in the last ${SILENT_SECONDS} s`,
    why: 'the connection is dead, and neither side knows yet',
    find: onStandbys(({ receiver }) =>
      receiver != null && receiver.silentSeconds > SILENT_SECONDS
        ? {
            evidence: `nothing for ${Math.round(receiver.silentSeconds)} s`,
            change: set('wal_receiver_timeout', '10s'),
          }
        : undefined,
    ),
  },
  {
    id: 'far-behind',
    severity: 'warning',
    looksAt: `standbys are less than ${FAR_BEHIND >> 20n} MB behind`,
    why: 'reads there are old, and a failover to it would lose, or wait for, as much',
    find: onStandbys(({ position, system }, cluster) => {
      const primary = primaryOf(cluster)
      if (primary === undefined || primary.system !== system) return undefined
      const behind = primary.position - position
      if (behind < FAR_BEHIND) return undefined
      return {
        evidence: `${mb(behind)} behind ${primary.node}`,
        change: 'see what holds it up: a long query, its disk, or the network',
      }
    }),
  },
  {
    id: 'replay-paused',
    severity: 'warning',
    looksAt: 'replay is not paused',
    why: 'what the primary writes is received, and not shown',
    find: onStandbys(({ isPaused }) =>
      isPaused
        ? {
            evidence: 'pg_is_wal_replay_paused() is true',
            change: 'select pg_wal_replay_resume(); if it stays: a parameter is lower than on the primary, see its log',
          }
        : undefined,
    ),
  },
  {
    id: 'parameter-too-small',
    severity: 'critical',
    looksAt: `${AT_LEAST.join(', ')} on standbys are not below the primary's`,
    why: 'the standby pauses its replay, or does not start again',
    find: (cluster) => {
      const primary = primaryOf(cluster)
      return cluster.nodes
        .filter((it) => it.isStandby)
        .flatMap(({ node, settings }) =>
          AT_LEAST.filter((name) => Number(settings[name]) < Number(primary?.settings[name])).map((name) => ({
            node,
            evidence: `${name} = ${settings[name]}, on ${primary?.node} ${primary?.settings[name]}`,
            change: set(name, primary?.settings[name] ?? '', 'restart'),
          })),
        )
    },
  },
  {
    id: 'unbounded-conflict-delay',
    severity: 'warning',
    looksAt: 'max_standby_streaming_delay is at most five minutes',
    why: 'one long query holds replay up, and all reads on that standby get old',
    find: onStandbys(({ settings }) => {
      const ms = Number(settings['max_standby_streaming_delay'])
      if (ms >= 0 && ms <= LONG_DELAY_MS) return undefined
      return {
        evidence: `max_standby_streaming_delay = ${ms < 0 ? '-1, no limit' : `${ms} ms`}`,
        change: set('max_standby_streaming_delay', '30s'),
      }
    }),
  },
  {
    id: 'cancelled-queries',
    severity: 'advice',
    looksAt: 'standbys cancel no queries because of replay',
    why: 'an application sees an error for a read that was right',
    find: onStandbys(({ databases, settings }) => {
      const count = databases.reduce((sum, it) => sum + it.conflicts, 0)
      if (count === 0 || settings['hot_standby_feedback'] === 'on') return undefined
      return { evidence: `${count} since its statistics began`, change: set('hot_standby_feedback', 'on') }
    }),
  },
  {
    id: 'no-hot-standby',
    severity: 'warning',
    looksAt: 'hot_standby is on',
    why: 'as a standby it would answer no reads',
    find: onEach(({ settings }) =>
      settings['hot_standby'] === 'off'
        ? { evidence: 'hot_standby = off', change: set('hot_standby', 'on', 'restart') }
        : undefined,
    ),
  },
  {
    id: 'standby-without-slot',
    severity: 'warning',
    looksAt: 'every standby has a replication slot',
    why: 'away for longer than wal_keep_size lasts, it must be copied anew',
    find: onStandbys(({ settings, receiver }) =>
      settings['primary_slot_name'] === '' && receiver !== null
        ? {
            evidence: 'primary_slot_name is empty',
            change:
              "on the primary: select pg_create_physical_replication_slot('NAME', true); here: alter system set primary_slot_name = 'NAME'; select pg_reload_conf()",
          }
        : undefined,
    ),
  },
]
