import type { Topology } from '../model/topology.js'

export interface AuroraOptions {
  /** What follows an instance's name in its endpoint: `.abc123.eu-west-1.rds.amazonaws.com`. */
  readonly domain: string
  /** Default: the pool's, or 5432. */
  readonly port?: number
  /** How often an instance is asked, in milliseconds. Default 1000. */
  readonly everyMs?: number
}

const QUERY = `select server_id, session_id = 'MASTER_SESSION_ID' as is_writer from aurora_replica_status()`

/**
 * The instances of an Aurora PostgreSQL cluster, as any of them knows them: the pool's own options name one, such as the cluster's
 * endpoint, with `neverEject`.
 *
 * Written from Amazon's documentation, and never run on Aurora. Aurora has no positions to compare: sessions that wrote read on the
 * writer; `sticky` bounds for how long.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora_replica_status.html
 */
export function aurora(options: AuroraOptions): Topology {
  const { domain, port, everyMs = 1000 } = options
  if (!/^\.?[\w-]+(\.[\w-]+)+$/.test(domain)) throw new TypeError(`aurora: ${domain} must be a domain`)
  const suffix = domain.startsWith('.') ? domain : `.${domain}`
  return {
    name: 'aurora',
    id: `aurora ${suffix}`,
    everyMs,
    async find({ ask }) {
      const rows = (await ask(QUERY)) as readonly unknown[] as readonly Row[]
      return rows.map(({ server_id: name, is_writer: isLeader }) => ({
        ...{ name, host: `${name}${suffix}`, isLeader },
        ...(port === undefined ? {} : { port }),
      }))
    },
  }
}

interface Row {
  readonly server_id: string
  readonly is_writer: boolean
}
