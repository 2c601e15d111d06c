import type { Check } from '../finding.js'
import { list, onEach, onPrimary, set } from './help.js'

/** Half of what there is: at two thousand million the server stops to write. */
const OLD_TRANSACTIONS = 1_000_000_000
const OLD_PREPARED_SECONDS = 300
const LONG_SECONDS = 3600

export const HOUSEKEEPING: readonly Check[] = [
  {
    id: 'wrap-around',
    severity: 'critical',
    looksAt: 'no database is half-way to the wrap-around of transaction numbers',
    why: 'shortly before it the server takes no more writes',
    find: onPrimary(({ databases }) => {
      const old = databases.filter((it) => it.age > OLD_TRANSACTIONS)
      if (old.length === 0) return undefined
      return {
        evidence: list(old.map((it) => `${it.name}: ${it.age} transactions`)),
        change: `vacuum (freeze), in the database ${old[0]?.name}; and see what keeps autovacuum from it`,
      }
    }),
  },
  {
    id: 'autovacuum-off',
    severity: 'warning',
    looksAt: 'autovacuum is on',
    why: 'dead rows pile up, and transaction numbers run out',
    find: onPrimary(({ settings }) =>
      settings['autovacuum'] === 'off' ? { evidence: 'autovacuum = off', change: set('autovacuum', 'on') } : undefined,
    ),
  },
  {
    id: 'long-transaction',
    severity: 'warning',
    looksAt: 'no transaction is open for more than an hour',
    why: 'no dead row since then can be removed, on no node',
    find: onEach(({ oldestTransaction: oldest }) =>
      oldest !== undefined && oldest.seconds > LONG_SECONDS
        ? {
            evidence: `${oldest.who}, for ${Math.round(oldest.seconds / 60)} min`,
            change: 'end it; set idle_in_transaction_session_timeout',
          }
        : undefined,
    ),
  },
  {
    id: 'forgotten-prepared-transaction',
    severity: 'warning',
    looksAt: 'no prepared transaction waits for more than five minutes',
    why: 'it holds its locks, and keeps rows from being removed, also across a restart',
    find: onPrimary(({ oldestPrepared: oldest }) =>
      oldest !== undefined && oldest.seconds > OLD_PREPARED_SECONDS
        ? {
            evidence: `${oldest.name}, for ${Math.round(oldest.seconds / 60)} min`,
            change: `commit prepared '${oldest.name}', or rollback prepared '${oldest.name}'`,
          }
        : undefined,
    ),
  },
  {
    id: 'connections-used-up',
    severity: 'warning',
    looksAt: 'less than nine tenths of max_connections are used',
    why: 'the next one is refused',
    find: onEach(({ connections, settings }) => {
      const most = Number(settings['max_connections'])
      return connections >= most * 0.9
        ? {
            evidence: `${connections} of ${most}`,
            change: 'fewer, or smaller, pools; max_connections needs a restart, standbys first',
          }
        : undefined
    }),
  },
  {
    id: 'pending-restart',
    severity: 'advice',
    looksAt: 'no setting waits for a restart',
    why: 'the next restart, planned or not, changes more than was thought of',
    find: onEach(({ pendingRestart }) =>
      pendingRestart.length === 0 ? undefined : { evidence: list(pendingRestart), change: 'restart it, when it suits' },
    ),
  },
]
