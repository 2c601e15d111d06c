import type { Destination, Intent } from '../../model/intent.js'

/** What is found of one text, as `--json` prints it. */
export interface Row {
  readonly sql: string
  readonly intent: Intent
  /** `all`: must reach every connection that the session uses. */
  readonly route: Destination
  readonly reason: string
  /** The name that decided, where there is one. */
  readonly detail?: string
  /** Where in `sql` the deciding token begins, in UTF-16 units. */
  readonly at: number
}
