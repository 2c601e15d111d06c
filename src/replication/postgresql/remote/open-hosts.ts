import { lookup } from 'node:dns/promises'
import { HostError, OperationError } from '../errors.js'
import { SshHost } from '../hosts/ssh-host.js'
import type { RemoteConfig } from './cluster-config.js'
import { type HostFacts, lookAtHost } from './host-facts.js'

/** The hosts of a cluster, and what was found there. */
export interface OpenedHosts {
  readonly hosts: ReadonlyMap<string, SshHost>
  readonly facts: ReadonlyMap<string, HostFacts>
  readonly failures: ReadonlyMap<string, HostError>
  readonly addresses: ReadonlyMap<string, string>
}

/**
 * Looks at all hosts that can be reached.
 *
 * @throws {HostError} none can be.
 * @throws {OperationError} one is no Debian, or has no address.
 */
export async function openHosts(config: RemoteConfig, sudoPassword: string | undefined): Promise<OpenedHosts> {
  const options = {
    ...(config.sshConfig === undefined ? {} : { configFile: config.sshConfig }),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  }
  const hosts = new Map(
    [...config.nodes].map(([name, { ssh }]) => [name, new SshHost({ destination: ssh, ...options })]),
  )
  try {
    const [seen, addresses] = await Promise.all([factsOf(hosts), addressesOf(config, hosts)])
    return { hosts, ...seen, addresses }
  } catch (error) {
    await Promise.all([...hosts.values()].map((it) => it.close()))
    throw error
  }
}

async function factsOf(hosts: ReadonlyMap<string, SshHost>): Promise<Pick<OpenedHosts, 'facts' | 'failures'>> {
  const looked = await Promise.all([...hosts].map(async ([name, host]) => [name, await factsOrFailure(host)] as const))
  const facts = new Map<string, HostFacts>()
  const failures = new Map<string, HostError>()
  for (const [name, it] of looked) {
    if (it instanceof HostError) failures.set(name, it)
    else facts.set(name, it)
  }
  const [failure] = failures.values()
  if (facts.size === 0 && failure !== undefined) throw failure
  return { facts, failures }
}

/** One that cannot be reached is part of what is seen: the others may tell enough. */
async function factsOrFailure(host: SshHost): Promise<HostFacts | HostError> {
  try {
    return await lookAtHost(host)
  } catch (error) {
    if (error instanceof HostError) return error
    throw error
  }
}

async function addressesOf(
  { nodes }: RemoteConfig,
  hosts: ReadonlyMap<string, SshHost>,
): Promise<ReadonlyMap<string, string>> {
  const found = [...nodes].map(async ([name, { address }]) => [name, address ?? (await resolved(name, hosts))] as const)
  return new Map(await Promise.all(found))
}

async function resolved(name: string, hosts: ReadonlyMap<string, SshHost>): Promise<string> {
  const hostname = (await hosts.get(name)?.hostname()) ?? name
  try {
    return (await lookup(hostname)).address
  } catch (cause) {
    throw new OperationError('find an address', `${name}: ${(cause as Error).message}`, {
      cause,
      hint: `write its IP address in sluice.yaml: nodes.${name}.address`,
    })
  }
}
