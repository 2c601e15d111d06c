import type { Judgement } from '../../model/judgement.js'

const refusedByReplica: Judgement = { failure: 'refused-by-replica', outcome: 'refused' }
const perhapsByReplica: Judgement = { failure: 'perhaps-refused-by-replica', outcome: 'refused' }
const notThereYet: Judgement = { failure: 'not-there-yet', outcome: 'refused' }
const recoveryConflict: Judgement = { failure: 'recovery-conflict', outcome: 'refused' }
const connectionLost: Judgement = { failure: 'connection-lost', outcome: 'unknown' }
const notAccepting: Judgement = { failure: 'not-accepting', outcome: 'not-sent' }
const misconfigured: Judgement = { failure: 'misconfigured', outcome: 'not-sent' }

/**
 * What an SQLSTATE says about the node it came from. A code that is not here is the statement's own business.
 *
 * Measured on PostgreSQL 14 to 18; the names are those of
 * https://www.postgresql.org/docs/current/errcodes-appendix.html.
 */
const JUDGEMENTS: Readonly<Record<string, Judgement>> = {
  /** read_only_sql_transaction: a hot standby says it to every write. */
  '25006': refusedByReplica,
  /** feature_not_supported: SERIALIZABLE, and unlogged or temporary tables, on a hot standby; also much else. */
  '0A000': perhapsByReplica,
  /** object_not_in_prerequisite_state: control functions and large objects during recovery; also much else. */
  '55000': perhapsByReplica,
  /** internal_error: "cannot assign TransactionIds during recovery"; also much else. */
  XX000: perhapsByReplica,
  /** undefined_table, undefined_column, undefined_function, undefined_object, invalid_schema_name. */
  '42P01': notThereYet,
  '42703': notThereYet,
  '42883': notThereYet,
  '42704': notThereYet,
  '3F000': notThereYet,
  /** serialization_failure: on a standby, a query cancelled by replay; on a primary, the transaction's own conflict. */
  '40001': recoveryConflict,
  /** deadlock_detected: on a standby, a buffer pin that replay waited for. */
  '40P01': recoveryConflict,
  /** admin_shutdown, crash_shutdown: the server ended the session, perhaps after it had done the work. */
  '57P01': connectionLost,
  '57P02': connectionLost,
  /** database_dropped, idle_session_timeout, idle_in_transaction_session_timeout, transaction_timeout. */
  '57P04': connectionLost,
  '57P05': connectionLost,
  '25P03': connectionLost,
  '25P04': connectionLost,
  /** connection_exception and its kin. */
  '08000': connectionLost,
  '08003': connectionLost,
  '08006': connectionLost,
  '08001': notAccepting,
  '08004': notAccepting,
  /** cannot_connect_now: starting up, shutting down, or not yet consistent. */
  '57P03': notAccepting,
  /** too_many_connections. */
  '53300': notAccepting,
  /** invalid_authorization_specification, invalid_password, invalid_catalog_name. */
  '28000': misconfigured,
  '28P01': misconfigured,
  '3D000': misconfigured,
}

export function judgeSqlState(code: string): Judgement | undefined {
  return JUDGEMENTS[code]
}
