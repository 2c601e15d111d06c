import type { Check } from '../finding.js'
import { list, onEach, onPrimary, set } from './help.js'

const NO_ARCHIVE = /^\s*(cd \.|(\/usr)?(\/bin\/)?true|:|exit 0|echo.*)?\s*$/
const DEFAULT_TIMEOUT_MS = 60_000

export const DURABILITY: readonly Check[] = [
  {
    id: 'fsync-off',
    severity: 'critical',
    looksAt: 'fsync is on',
    why: 'a power cut leaves data that cannot be read, or is wrong',
    find: off('fsync'),
  },
  {
    id: 'full-page-writes-off',
    severity: 'critical',
    looksAt: 'full_page_writes is on',
    why: 'a power cut leaves half-written pages that nothing repairs',
    find: off('full_page_writes'),
  },
  {
    id: 'wal-level-minimal',
    severity: 'critical',
    looksAt: 'wal_level is replica or logical',
    why: 'nobody can replicate from it',
    find: onEach(({ settings }) =>
      settings['wal_level'] === 'minimal'
        ? { evidence: 'wal_level = minimal', change: set('wal_level', 'replica', 'restart') }
        : undefined,
    ),
  },
  {
    id: 'commit-not-durable',
    severity: 'advice',
    looksAt: 'synchronous_commit is not off',
    why: 'the last moments of acknowledged commits are lost in a crash of the primary',
    find: onPrimary(({ settings }) =>
      settings['synchronous_commit'] === 'off'
        ? { evidence: 'synchronous_commit = off', change: set('synchronous_commit', 'on') }
        : undefined,
    ),
  },
  {
    id: 'synchronous-with-nobody',
    severity: 'critical',
    looksAt: 'the standbys that commits wait for are there',
    why: 'every write waits, without an end',
    find: onPrimary(({ settings, senders }) => {
      const names = settings['synchronous_standby_names'] ?? ''
      const isMet = senders?.some((it) => it.sync === 'sync' || it.sync === 'quorum') ?? true
      if (names === '' || isMet) return undefined
      return {
        evidence: `synchronous_standby_names = ${names}; nobody of that name streams`,
        change: `bring one back; or ${set('synchronous_standby_names', '')}`,
      }
    }),
  },
  {
    id: 'asynchronous-only',
    severity: 'advice',
    looksAt: 'a commit waits for a standby',
    why: 'a failover loses what the primary acknowledged in its last moments',
    find: onPrimary(({ settings, senders }) =>
      settings['synchronous_standby_names'] === '' && (senders?.length ?? 0) > 0
        ? {
            evidence: 'synchronous_standby_names is empty',
            change: set('synchronous_standby_names', `ANY 1 (${list(senders?.map((it) => `"${it.name}"`) ?? [])})`),
          }
        : undefined,
    ),
  },
  {
    id: 'no-rewind',
    severity: 'warning',
    looksAt: 'pg_rewind can be used: checksums, or wal_log_hints',
    why: 'after a failover the old primary must be copied anew, however large it is',
    find: onEach(({ settings }) =>
      settings['wal_log_hints'] === 'off' && settings['data_checksums'] === 'off'
        ? { evidence: 'wal_log_hints = off, data_checksums = off', change: set('wal_log_hints', 'on', 'restart') }
        : undefined,
    ),
  },
  {
    id: 'slow-timeouts',
    severity: 'advice',
    looksAt: 'a dead connection of replication is noticed in less than a minute',
    why: 'for so long a standby that lost its primary does not try another way, and its slot is taken',
    find: onEach(({ settings, isStandby }) => {
      const name = isStandby ? 'wal_receiver_timeout' : 'wal_sender_timeout'
      const ms = Number(settings[name])
      return ms === 0 || ms >= DEFAULT_TIMEOUT_MS
        ? { evidence: `${name} = ${ms === 0 ? '0, never' : `${ms / 1000} s`}`, change: set(name, '10s') }
        : undefined
    }),
  },
  {
    id: 'archive-failing',
    severity: 'critical',
    looksAt: 'the last attempt to archive succeeded',
    why: 'WAL piles up until the disk is full, and backups cannot be restored to now',
    find: onPrimary(({ settings, archiver }) =>
      settings['archive_mode'] !== 'off' && archiver.isFailing
        ? {
            evidence: `${archiver.lastFailed} failed last`,
            change: 'see its log; repair archive_command, or what it writes to',
          }
        : undefined,
    ),
  },
  {
    id: 'archive-to-nowhere',
    severity: 'warning',
    looksAt: 'archive_command archives',
    why: 'it looks like a backup, and is none',
    find: onPrimary(({ settings }) => {
      const command = settings['archive_command']
      const isReal = command === undefined || (settings['archive_library'] ?? '') !== '' || !NO_ARCHIVE.test(command)
      if (settings['archive_mode'] === 'off' || isReal) return undefined
      return {
        evidence: `archive_mode is on, archive_command = '${command}'`,
        change: `a real archive, such as pgBackRest's; or ${set('archive_mode', 'off', 'restart')}`,
      }
    }),
  },
  {
    id: 'checksum-failures',
    severity: 'critical',
    looksAt: 'no page was read whose checksum was wrong',
    why: 'a disk, or memory, loses data',
    find: onEach(({ databases }) => {
      const bad = databases.filter((it) => it.checksumFailures > 0)
      if (bad.length === 0) return undefined
      return {
        evidence: list(bad.map((it) => `${it.name}: ${it.checksumFailures}`)),
        change: 'fail over to a node without; then examine the hardware, and copy this one anew',
      }
    }),
  },
  {
    id: 'unlogged-tables',
    severity: 'advice',
    looksAt: 'no table is unlogged',
    why: 'it is empty after a failover, and cannot be read on a standby',
    find: onPrimary(({ unlogged }) =>
      unlogged.length === 0 ? undefined : { evidence: list(unlogged), change: `alter table ${unlogged[0]} set logged` },
    ),
  },
]

function off(name: string): Check['find'] {
  return onEach(({ settings }) =>
    settings[name] === 'off' ? { evidence: `${name} = off`, change: set(name, 'on') } : undefined,
  )
}
