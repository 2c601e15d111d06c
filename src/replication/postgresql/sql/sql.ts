/** What we run is not the application's, does not wait for a standby that is not there, and has no limits but our own. */
export const SESSION =
  '-c synchronous_commit=local -c statement_timeout=0 -c lock_timeout=0 -c default_transaction_read_only=off'

/** Asks one node's server. */
export interface Sql {
  /**
   * Rows of one statement that returns some and can stand in brackets: `select`, `values`, `table`, `with`; `show` not. Times
   * come as text, and so do whole numbers that a JavaScript number does not hold.
   */
  rows<Row extends object>(text: string): Promise<readonly Row[]>
  /** One statement, in a transaction of its own or in none where it cannot run in any; or several, one after the other. */
  execute(text: string): Promise<void>
}
