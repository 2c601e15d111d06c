import type { Address } from '../config/node-config.js'
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
  /** Installs PostgreSQL: one script after the other. Where it is there, nothing comes of it. */
  install(): readonly Script[]
  /** A new cluster's, with the superuser's password as input. */
  create(): Script
  /** The last lines of a script that has made one in `data.new`. */
  adopt(): string
  /** Makes what lies in its data directory known to its host's own tools, where they have to know. */
  settle(): Script | undefined
  /** Deletes the node with all its data. */
  remove(): Script
}
