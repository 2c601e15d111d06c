import type { Address } from '../config/node-files.js'
import type { Host } from '../host.js'
import type { Layout } from '../layouts/layout.js'
import type { Script } from '../script.js'
import type { Sql } from '../sql/sql.js'

/** One node that we operate: where it is, how it is kept, and its superuser's way in. */
export interface ManagedNode {
  readonly name: string
  readonly host: Host
  readonly layout: Layout & NewData
  readonly sql: Sql & { close(): Promise<void> }
  readonly address: Address
}

/** How a layout makes data directories: complete under their name, or not at all. */
export interface NewData {
  /** A new cluster's, with the superuser's password as input. */
  create(): Script
  /** The last lines of a script that has made one in `data.new`. */
  adopt(): string
  /** Deletes the node with all its data. */
  remove(): Script
}
