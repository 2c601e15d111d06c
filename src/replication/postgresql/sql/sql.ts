/** Asks one node's server, as its superuser, over its own socket. */
export interface Sql {
  /** Rows of one statement that returns some. */
  rows<Row extends object>(text: string): Promise<readonly Row[]>
  /** One statement or several, each of its own: not in one transaction, which some of ours cannot run in. */
  execute(text: string): Promise<void>
}
