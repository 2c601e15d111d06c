import { createHash } from 'node:crypto'
import type { FoundNode } from './nodes.js'

/**
 * The same in every process that serves the same data: made of the databases and addresses of the configured primaries;
 * of all nodes, where the roles are asked for. So it changes neither with a replica that comes or goes, nor with
 * passwords, users, names, or the order of the options.
 *
 * A hash, because it is written into tokens, which users can read.
 */
export function defaultId(nodes: readonly FoundNode[]): string {
  const primaries = nodes.filter((it) => it.config.role === 'primary')
  const places = (primaries.length > 0 ? primaries : nodes).map((it) => `${it.config.address}/${it.database}`)
  return createHash('sha256').update(places.sort().join('\n')).digest('base64url').slice(0, 12)
}
