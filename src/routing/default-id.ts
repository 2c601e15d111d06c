import { createHash } from 'node:crypto'
import type { FoundNode } from './nodes.js'

/**
 * The same in every process that serves the same data: made of the databases and addresses of the configured primaries;
 * of all nodes, where the roles are asked for; and of the topology's own id.  So it changes neither with a replica that comes or goes, nor with
 * passwords, users, names, or the order of the options.
 *
 * A hash, because it is written into tokens, which users can read.
 */
export function defaultId(nodes: readonly FoundNode[], topology?: string): string {
  const primaries = nodes.filter((it) => it.config.role === 'primary')
  const places = (primaries.length > 0 ? primaries : nodes).map((it) => `${it.config.address}/${it.database}`)
  const all = topology === undefined ? places : [...places, topology]
  return createHash('sha256').update(all.sort().join('\n')).digest('base64url').slice(0, 12)
}
