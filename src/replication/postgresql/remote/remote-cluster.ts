import type { Cluster, WhichUrl, WorkOptions } from '../cluster.js'
import { anyOf, type NodeConfig, REPLICATION_ROLE } from '../config/node-config.js'
import { settingsOf } from '../config/node-files.js'
import { type HostError, OperationError } from '../errors.js'
import type { HostLock } from '../host.js'
import type { SshHost } from '../hosts/ssh-host.js'
import { DebianLayout } from '../layouts/debian-layout.js'
import { lookAt } from '../nodes/look.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import { type ClusterState, hasData } from '../nodes/node-state.js'
import { isAsConfigured } from '../nodes/own-files.js'
import type { Survey } from '../operations/survey.js'
import { nodeOf, type Work } from '../operations/work.js'
import { PatroniEngine } from '../patroni/patroni-engine.js'
import { quoteShell } from '../script.js'
import { PsqlSql } from '../sql/psql-sql.js'
import { chooseVersion } from './choose-version.js'
import { type RemoteConfig, readConfig } from './cluster-config.js'
import type { HostFacts } from './host-facts.js'
import { lockAll } from './lock-all.js'
import { type OpenedHosts, openHosts } from './open-hosts.js'
import { haveTls, type RemoteSight, remoteAccess, remoteSettings } from './remote-settings.js'
import { completed, merged, mustKnowReplication, type Passwords, readPasswords } from './secrets.js'

export interface RemoteOptions {
  /** For `sudo`, where it wants one. */
  readonly sudoPassword?: string | undefined
  /** What shall be in charge, whatever the file says. */
  readonly ha?: RemoteConfig['ha']
}

/** A cluster on hosts of its own, reached over SSH, as a `sluice.yaml` describes it. */
export class RemoteCluster implements Cluster {
  readonly file: string
  readonly config: RemoteConfig
  readonly major: number
  readonly nodes: ReadonlyMap<string, ManagedNode & { readonly host: SshHost; readonly layout: DebianLayout }>
  readonly #facts: ReadonlyMap<string, HostFacts>
  readonly #engine: PatroniEngine | undefined
  /** Hosts that were not reached at first: the next look at them is not waited for once more. */
  readonly #unreached: Map<string, HostError>
  #states: ClusterState = new Map()
  #known: Passwords = {}
  #passwords: Passwords = {}

  private constructor(file: string, config: RemoteConfig, opened: OpenedHosts & { readonly major: number }) {
    const { hosts, facts, failures, addresses, major } = opened
    const { cluster, port, repository, startAtBoot, ha } = config
    // An engine decides who starts, and as what.
    const startsAtBoot = startAtBoot && ha === undefined
    this.file = file
    this.config = config
    this.major = major
    this.#facts = facts
    this.#unreached = new Map(failures)
    this.nodes = new Map(
      [...hosts].map(([name, host]) => {
        const pgdg = repository === 'pgdg' ? facts.get(name)?.packages.codename : undefined
        const layout = new DebianLayout({ major, cluster, port, pgdg, startsAtBoot })
        const address = { host: addresses.get(name) ?? '', port }
        return [name, { name, host, layout, address, sql: new PsqlSql(host, layout) }]
      }),
    )
    const scope = `${major}-${cluster}`
    if (ha === 'patroni') {
      this.#engine = new PatroniEngine({ nodes: this.nodes, scope, synchronous: config.sync })
    }
  }

  /**
   * Looks at all hosts that can be reached.
   *
   * @throws {ConfigError} the file is wrong.
   * @throws {HostError} no host can be reached.
   * @throws {OperationError} the hosts do not go together.
   */
  static async open(file: string, { sudoPassword, ha }: RemoteOptions = {}): Promise<RemoteCluster> {
    const config = readConfig(file, ha)
    const opened = await openHosts(config, sudoPassword)
    try {
      return new RemoteCluster(file, config, { ...opened, major: chooseVersion(config, opened.facts) })
    } catch (error) {
      await Promise.all([...opened.hosts.values()].map((it) => it.close()))
      throw error
    }
  }

  /** On every host that can be reached: whoever operates from elsewhere meets it there. */
  lock(what: string): Promise<HostLock> {
    const path = `/run/lock/sluice-${this.major}-${this.config.cluster}`
    const hosts = this.#reached.map((it) => it.host)
    return lockAll(hosts, path, `sluice ${what}, since ${new Date().toISOString()}`)
  }

  async survey(): Promise<Survey> {
    const { database, user, sync } = this.config
    const reached = this.#reached
    const looks = [this.#look(reached), readPasswords(reached), this.#engine?.look(reached)] as const
    const [states, read, engine] = await Promise.all(looks)
    this.#states = states
    this.#known = merged(read, states)
    this.#passwords = completed(this.#known, user, states)
    const named = (isSo: (name: string) => boolean) => new Set([...this.nodes.keys()].filter(isSo))
    return {
      ...{ states, engine, database, synchronous: sync, roles: [REPLICATION_ROLE, user] },
      addresses: new Map([...this.nodes].map(([name, { address }]) => [name, address])),
      notInstalled: named(
        (name) => this.#facts.get(name)?.packages.installed.every((it) => it.major !== this.major) ?? false,
      ),
      from: new Map([...this.config.nodes].flatMap(([name, { from }]) => (from === undefined ? [] : [[name, from]]))),
      delayed: named((name) => this.config.nodes.get(name)?.delay !== undefined),
      isConfigured: (name, upstream) => {
        const state = states.get(name)
        if (state === undefined || !hasData(state)) return false
        return isAsConfigured(nodeOf(this, name).layout, this.#configOf(name, upstream), state.files)
      },
      settingsOf: (name, upstream) => settingsOf(this.#configOf(name, upstream)),
    }
  }

  work(options: WorkOptions): Work {
    mustKnowReplication(this.#known, this.#states)
    const { database, user, sync, copyMb, copyGently } = this.config
    return {
      ...options,
      spec: { database, appRole: user, synchronous: sync, copy: { mostMb: copyMb, isGentle: copyGently } },
      secrets: { replication: this.#passwords[REPLICATION_ROLE] ?? '', app: this.#passwords[user] },
      nodes: this.nodes,
      engine: this.#engine,
      configOf: (name, upstream) => this.#configOf(name, upstream),
    }
  }

  async urlFor({ node, isAdmin = false }: WhichUrl): Promise<string> {
    if (isAdmin) {
      throw new OperationError('name a URL', 'the superuser has no password, and comes in on its own host only', {
        hint: 'sluice psql --admin',
      })
    }
    const names = node === undefined ? [...this.nodes.keys()] : [nodeOf(this, node).name]
    const known = Object.keys(this.#passwords).length > 0 ? this.#passwords : await this.#readPasswords()
    const { user, database } = this.config
    const password = known[user] === undefined ? '' : `:${known[user]}`
    const hosts = names.map((name) => inUrl(nodeOf(this, name).address)).join(',')
    return `postgres://${encodeURIComponent(user)}${password}@${hosts}/${encodeURIComponent(database)}`
  }

  /** The host's own `psql`, there: as the superuser by its socket, as the application with the password of the passfile. */
  psql(
    name: string,
    args: readonly string[],
    isAdmin: boolean,
  ): { readonly program: string; readonly args: readonly string[] } {
    const node = this.nodes.get(name)
    if (node === undefined) throw new OperationError('find a node', `there is no ${name}`)
    const { binDir, socketDir, passFile } = node.layout.paths
    const { user, database, port } = this.config
    const who = isAdmin
      ? ['-h', socketDir, '-U', 'postgres', '-d', 'postgres']
      : ['-h', '127.0.0.1', '-U', user, '-d', database]
    const words = ['env', `PGPASSFILE=${passFile}`, `${binDir}/psql`, '-p', String(port), ...who, ...args]
    const call = words.map(quoteShell).join(' ')
    // A login shell need not be bash.
    const command = `cd /; if [ "$(id -u)" = 0 ]; then exec runuser -u postgres -- ${call}; fi; exec sudo -u postgres ${call}`
    return { program: 'ssh', args: node.host.callArgs(command) }
  }

  async close(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((it) => it.host.close()))
  }

  async #readPasswords(): Promise<Passwords> {
    return merged(await readPasswords(this.#reached), new Map())
  }

  get #reached() {
    return [...this.nodes.values()].filter((it) => !this.#unreached.has(it.name))
  }

  async #look(reached: readonly ManagedNode[]): Promise<ClusterState> {
    const seen = await lookAt(reached)
    const states = [...this.nodes.keys()].map((name) => {
      const { message: why = '', hint } = this.#unreached.get(name) ?? {}
      return [name, seen.get(name) ?? { is: 'out-of-reach', why, hint }] as const
    })
    this.#unreached.clear()
    return new Map(states)
  }

  #configOf(name: string, upstream: string | undefined): NodeConfig {
    const { layout } = nodeOf(this, name)
    const peers = [...this.nodes.keys()].filter((it) => it !== name)
    const sight = this.#sight
    return {
      name,
      upstream: upstream === undefined ? undefined : nodeOf(this, upstream).address,
      sslMode: haveTls(sight) ? 'require' : 'prefer',
      passFile: layout.paths.passFile,
      passwords: this.#passwords,
      synchronousNames: anyOf(this.config.sync, peers),
      delay: this.config.nodes.get(name)?.delay,
      settings: remoteSettings(sight, name),
      access: remoteAccess(sight, name),
    }
  }

  get #sight(): RemoteSight {
    const { config, nodes } = this
    return {
      config,
      states: this.#states,
      addresses: new Map([...nodes].map(([name, { address }]) => [name, address.host])),
      withCertificate: new Set([...nodes.keys()].filter((name) => this.#canHaveCertificate(name))),
    }
  }

  /** With PostgreSQL's package comes one. */
  #canHaveCertificate(name: string): boolean {
    const facts = this.#facts.get(name)
    return facts === undefined || facts.hasCertificate || facts.packages.installed.length === 0
  }
}

function inUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
