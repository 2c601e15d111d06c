import { existsSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { OperationError } from '../../replication/postgresql/errors.js'
import { SshHost } from '../../replication/postgresql/hosts/ssh-host.js'
import { parseConfig } from '../../replication/postgresql/remote/cluster-config.js'
import { type HostFacts, lookAtHost } from '../../replication/postgresql/remote/host-facts.js'
import { ask } from '../cluster/ask.js'
import { DEFAULT_FILE } from '../cluster/open-cluster.js'
import { type ExitCode, json, type Streams } from '../cluster/streams.js'
import { guarded } from '../cluster/with-cluster.js'
import { type FoundHost, initText, nameOf } from './text.js'

export interface InitOptions {
  readonly file?: string
  readonly json: boolean
  readonly version?: number
  readonly sync: number
  readonly sshConfig?: string
  /** Asks no host. */
  readonly offline: boolean
}

export function runInit(given: readonly string[], options: InitOptions): Promise<ExitCode> {
  return guarded('init', options, async (_, streams) => {
    const file = options.file ?? DEFAULT_FILE
    if (existsSync(file)) {
      throw new OperationError('write', `${file} is there already`, {
        hint: `change it, then sluice up; or name another with --file`,
      })
    }
    const destinations = given.length > 0 ? given : await askDestinations()
    const seen = options.offline ? [] : await Promise.all(destinations.map((it) => lookFrom(it, options)))
    const hosts = destinations.map((ssh, at) => ({ name: nameOf(ssh, at), ssh, address: seen[at]?.address }))
    const { version, sync } = options
    const sshConfig = options.sshConfig === undefined ? undefined : resolve(options.sshConfig)
    const applications = [...new Set(seen.map((it) => it.us))]
    const text = initText({ hosts, version, sync, sshConfig, applications })
    parseConfig(text, dirname(resolve(file)))
    writeFileSync(file, text, { flag: 'wx' })
    tell(file, hosts, seen, options.json, streams)
    return 0
  })
}

async function askDestinations(): Promise<readonly string[]> {
  const answer = await ask('Hosts as ssh takes them, the primary first (admin@db1 admin@db2):', '')
  const destinations = answer.split(/[\s,]+/).filter((it) => it !== '')
  if (destinations.length > 0) return destinations
  throw new OperationError('describe the cluster', 'no hosts are named', { hint: 'sluice init admin@db1 admin@db2' })
}

interface Look {
  readonly address: string
  /** Our own, as the host sees it. */
  readonly us: string
  readonly facts: HostFacts
}

async function lookFrom(destination: string, { sshConfig }: InitOptions): Promise<Look> {
  const password = process.env['SLUICE_SUDO_PASSWORD']
  const host = new SshHost({
    destination,
    ...(sshConfig === undefined ? {} : { configFile: sshConfig }),
    ...(password === undefined ? {} : { sudoPassword: password }),
  })
  try {
    const { stdout } = await host.run({ as: 'login', text: 'echo "$SSH_CONNECTION"' })
    const [us = '', , address = ''] = stdout.trim().split(' ')
    // Nothing can be done there without: it is said now, and not in the midst of something.
    await host.run({ as: 'root', text: 'true' })
    return { us, address, facts: await lookAtHost(host) }
  } finally {
    await host.close()
  }
}

function tell(
  file: string,
  hosts: readonly FoundHost[],
  seen: readonly Look[],
  asJson: boolean,
  { out, err }: Streams,
): void {
  const found = hosts.map((host, at) => ({ ...host, ...foundOn(seen[at]) }))
  if (asJson) return void out.write(json({ event: 'written', file, hosts: found }))
  for (const { name, ssh, address, system, has } of found) {
    err.write(`${name}: ${ssh}${address === undefined ? '' : `, ${address}, ${system}, ${has}`}\n`)
  }
  err.write(`\n${file} is written: read it, and then\n\n  sluice up --dry-run\n  sluice up\n`)
}

function foundOn(look: Look | undefined): { readonly system?: string; readonly has?: string } {
  if (look === undefined) return {}
  const { packages, clusters } = look.facts
  const servers = clusters.map((it) => `${it.major}/${it.cluster} on port ${it.port}`)
  const installed = packages.installed.map((it) => it.major)
  const available = packages.available.map((it) => it.major)
  const has =
    servers.length > 0
      ? `PostgreSQL ${servers.join(', ')}`
      : installed.length > 0
        ? `PostgreSQL ${installed.join(', ')} installed`
        : `PostgreSQL ${available.join(', ') || 'none'} to be installed`
  return { system: `${packages.system} ${packages.codename}`, has }
}
