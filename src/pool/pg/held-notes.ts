import type { Cluster } from '../../cluster/cluster.js'
import type { Call } from '../../cluster/errand.js'
import type { PgNodePool } from '../../driver/pg/node-pool.js'
import type { Classification } from '../../model/intent.js'
import { mayWrite, touchesData } from '../../routing/need.js'
import type { Loan } from './loan.js'

/** What the statements of one client, on a connection that it holds, have shown and done: its session must see that. */
export class HeldNotes {
  readonly #cluster: Cluster<PgNodePool>
  /** The open transaction has written: its session must see that once it is over. */
  #hasWritten = false
  /** A statement of the open transaction may have defined tables anew. */
  #mayHaveDefined = false

  constructor(cluster: Cluster<PgNodePool>) {
    this.#cluster = cluster
  }

  /** The statement with which the connection came to be held; whoever sent it has noted the rest. */
  began(loan: Loan, found: Classification): void {
    if (mayWrite(found) && loan.isInTransaction) this.#hasWritten = true
  }

  /**
   * What a statement has shown, reads and writes alike, the session has seen at once: its connection may be lost before
   * the transaction is over. To others a transaction shows nothing before that; then, or when its end is not known, it
   * may have.
   */
  note(loan: Loan, found: Classification, call: Call): void {
    const cluster = this.#cluster
    if (cluster.statements.mayDefine(found)) this.#mayHaveDefined = true
    if (mayWrite(found) && !(found.intent === 'session' && loan.isOnReplica)) this.#hasWritten = true
    const node = cluster.nodes.get(loan.pool.name)
    if (touchesData(found) && node !== undefined) cluster.noteRead(node, call)
    if (loan.isInTransaction) return
    if (this.#hasWritten) cluster.noteWrite(call)
    if (this.#mayHaveDefined) cluster.definitionChanged()
    this.#mayHaveDefined = false
    this.#hasWritten = false
  }
}
