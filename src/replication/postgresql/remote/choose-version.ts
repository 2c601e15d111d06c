import { OperationError } from '../errors.js'
import type { RemoteConfig } from './cluster-config.js'
import type { HostFacts } from './host-facts.js'

/**
 * The major version that all nodes get: the one that is asked for, else of the cluster that is there, else the newest that
 * every host can install.
 *
 * @throws {OperationError} the hosts do not go together.
 */
export function chooseVersion(config: RemoteConfig, facts: ReadonlyMap<string, HostFacts>): number {
  const major = config.version ?? versionThere(config, facts) ?? newest(facts)
  for (const [name, { clusters, packages }] of facts) {
    const other = clusters.find(
      (it) => it.port === config.port && !(it.major === major && it.cluster === config.cluster),
    )
    if (other !== undefined) {
      throw refusal(
        `${name} has its port ${config.port} taken by the cluster ${other.major}/${other.cluster}`,
        `name that one with version: ${other.major} and cluster: ${other.cluster}, or another port`,
      )
    }
    const elsewhere = clusters.find((it) => it.major === major && it.cluster === config.cluster)
    if (elsewhere !== undefined && elsewhere.port !== config.port) {
      throw refusal(
        `${name} has ${major}/${config.cluster} on port ${elsewhere.port}, not ${config.port}`,
        `write port: ${elsewhere.port} in sluice.yaml`,
      )
    }
    const isThere = [...packages.installed, ...packages.available].some((it) => it.major === major)
    if (!isThere && config.repository === 'distribution') {
      const available = packages.available.map((it) => it.major).join(', ') || 'none'
      throw refusal(
        `${name} can get no PostgreSQL ${major} from its repositories; it can get ${available}`,
        'write repository: pgdg in sluice.yaml, for that of the PostgreSQL project; or another version',
      )
    }
  }
  return major
}

function versionThere({ cluster }: RemoteConfig, facts: ReadonlyMap<string, HostFacts>): number | undefined {
  const found = [...facts].flatMap(([name, { clusters }]) =>
    clusters.filter((it) => it.cluster === cluster).map(({ major }) => ({ name, major })),
  )
  const [first, ...others] = [...new Set(found.map((it) => it.major))]
  if (others.length === 0) return first
  throw refusal(
    `the hosts have clusters of several versions: ${found.map((it) => `${it.major}/${cluster} on ${it.name}`).join(', ')}`,
    'write the one that is meant in sluice.yaml: version: 15',
  )
}

function newest(facts: ReadonlyMap<string, HostFacts>): number {
  const all = [...facts.values()].map(({ packages }) =>
    [...packages.installed, ...packages.available].map((it) => it.major),
  )
  const common = (all[0] ?? []).filter((major) => all.every((its) => its.includes(major)))
  if (common.length > 0) return Math.max(...common)
  throw refusal(
    'there is no PostgreSQL that all hosts can get',
    'name a version, and repository: pgdg for that of the PostgreSQL project',
  )
}

function refusal(what: string, hint: string): OperationError {
  return new OperationError('choose a version', what, { hint })
}
