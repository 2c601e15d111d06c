import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { DebianLayout } from '../layouts/debian-layout.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import type { EngineState } from '../operations/engine.js'
import type { Engine, StepWork } from '../operations/work.js'
import { QUIET } from '../packages/debian-packages.js'
import { quoteShell } from '../script.js'
import { output, runScript } from '../steps/run-script.js'
import { until } from '../steps/until.js'
import { type Answer, type Call, callApi } from './api.js'
import { install as installCertificate, issue, readIssued } from './certificates.js'
import { storeText } from './etcd.js'
import { patroniText } from './patroni-text.js'
import { isRunningCommand, type Service, startService, stopService, tailOfService } from './service.js'

export interface PatroniOptions {
  readonly nodes: ReadonlyMap<string, ManagedNode & { readonly layout: DebianLayout }>
  /** Debian's name for the cluster: `15-main`. */
  readonly scope: string
  readonly synchronous: number
}

const STORE: Service = {
  unit: 'etcd',
  user: 'etcd',
  command: 'set -a; . /etc/default/etcd; exec /usr/bin/etcd',
  logFile: '/var/lib/etcd/sluice.log',
}
const INSTALL_TIMEOUT_MS = 15 * 60_000
const MEMBER_TIMEOUT_MS = 120_000
const CHANGE_TIMEOUT_MS = 120_000
const SETTLING_MS = 15_000
const POLL_MS = 500
const REST_USER = 'sluice'

/** Patroni, with etcd as its store, from the distribution's packages. */
export class PatroniEngine implements Engine {
  readonly #options: PatroniOptions

  constructor(options: PatroniOptions) {
    this.#options = options
  }

  /** Asks whoever answers: all of them see the same store. */
  async look(reached: readonly ManagedNode[]): Promise<EngineState> {
    const seen = await Promise.all(reached.map(async (node) => ({ node, ...(await this.#lookAt(node)) })))
    const runs = seen.filter((it) => it.isRunning)
    const base = { isInCharge: seen.some((it) => it.isKnown), members: new Set(runs.map((it) => it.node.name)) }
    for (const { node } of runs) {
      // One that is starting does not answer yet: the next may.
      const answer = await this.#call(node, { method: 'GET', path: '/cluster' }).catch(() => undefined)
      if (answer?.status === 200) return { ...base, ...readCluster(answer.body) }
    }
    return { ...base, leader: undefined, synchronous: new Set(), isPaused: false }
  }

  async install(work: StepWork): Promise<void> {
    const packages = 'etcd-server etcd-client patroni'
    const text = `if dpkg-query --show ${packages} >/dev/null 2>&1; then exit 0; fi
${QUIET}
finish_what_was_begun
# Nothing of it shall run before it is configured.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >$policy
  chmod 755 $policy
fi
apt-get update -q
apt-get install -q -y --no-install-recommends ${packages} openssl`
    await runScript(work, { as: 'root', text }, { timeoutMs: INSTALL_TIMEOUT_MS })
  }

  /** A store that runs is left as it is: its members know each other. */
  async startStore(work: StepWork): Promise<void> {
    const { node } = work
    const [first] = this.#options.nodes.values()
    const issued = await output({ ...work, node: first as ManagedNode }, issue(this.#hosts))
    const certificate = readIssued(issued.stdout).get(node.address.host)
    if (certificate === undefined) throw new Error(`no certificate was issued for ${node.address.host}`)
    await runScript(work, installCertificate(certificate))
    const members = [...this.#options.nodes.values()].map(({ name, address }) => ({ name, host: address.host }))
    const text = storeText({ name: node.name, host: node.address.host }, members)
    await runScript(work, { as: 'root', text: 'umask 022\ncat >/etc/default/etcd', input: text })
    await runScript(work, startService(STORE))
  }

  async join(work: StepWork): Promise<void> {
    const { node } = work
    const { scope, synchronous } = this.#options
    // Debian's tools must not start the server when the machine boots.
    await runScript(work, this.#layoutOf(node).setStart('manual'))
    const text = patroniText({
      ...{ name: node.name, host: node.address.host, port: node.address.port, hosts: this.#hosts },
      ...{ scope, synchronous, layout: this.#layoutOf(node) },
      ...{ replicationPassword: work.secrets.replication, restCredentials: credentials(work) },
    })
    const file = quoteShell(this.#configFile)
    const put = `umask 077\nmkdir -p -m 755 /etc/patroni\ncat >${file}.new\nchown postgres: ${file}.new\nmv ${file}.new ${file}`
    await runScript(work, { as: 'root', text: put, input: text })
    await runScript(work, startService(this.#service))
  }

  async awaitMember(work: StepWork): Promise<void> {
    const { node } = work
    const isIn = `select case when pg_is_in_recovery() then (select status from pg_stat_wal_receiver) else 'primary' end as its`
    const ask = async () => {
      const health = await this.#call(node, { method: 'GET', path: '/health' })
      const [row] = await node.sql.rows<{ its: string | null }>(isIn)
      const leads =
        row?.its === 'primary' ? (await this.#call(node, { method: 'GET', path: '/leader' })).status : undefined
      return { health: health.status, is: row?.its, leads }
    }
    try {
      await until(
        work,
        ask,
        (it) => it.health === 200 && (it.is === 'streaming' || (it.is === 'primary' && it.leads === 200)),
        MEMBER_TIMEOUT_MS,
      )
    } catch (error) {
      // The error is about something else, and is told without its last words then.
      const said = await node.host.run(tailOfService(this.#service)).catch(() => undefined)
      const words = said === undefined ? '' : `; Patroni on ${node.name} said last:\n${said.stdout.trim()}`
      throw new Error(`${(error as Error).message}${words}`, { cause: error })
    }
  }

  async awaitSynchronous(work: StepWork): Promise<void> {
    const ask = async () => {
      const answer = await this.#call(work.node, { method: 'GET', path: '/cluster' })
      return answer.status === 200 ? [...readCluster(answer.body).synchronous] : []
    }
    await until(work, ask, (it) => it.length > 0, MEMBER_TIMEOUT_MS)
  }

  async switchover(work: StepWork, from: string): Promise<void> {
    await this.#change(work, '/switchover', { leader: from, candidate: work.node.name })
  }

  async failover(work: StepWork): Promise<void> {
    await this.#change(work, '/failover', { candidate: work.node.name })
  }

  async reinitialize(work: StepWork): Promise<void> {
    await this.#change(work, '/reinitialize', { force: true })
  }

  async leave(work: StepWork): Promise<void> {
    await runScript(work, stopService(this.#service))
  }

  async #change(work: StepWork, path: string, body: object): Promise<void> {
    const call: Call = { method: 'POST', path, body, credentials: credentials(work), timeoutMs: CHANGE_TIMEOUT_MS }
    const deadlineMs = performance.now() + SETTLING_MS
    let { status, body: said } = await this.#call(work.node, call)
    // Who is synchronous it settles anew after each change, within one of its rounds; until then it refuses.
    while (status === 412 && performance.now() < deadlineMs) {
      await wait(POLL_MS, undefined, { signal: work.signal })
      ;({ status, body: said } = await this.#call(work.node, call))
    }
    if (status < 200 || status >= 300) throw new Error(`Patroni refuses: ${said.trim()} (${status})`)
    work.say(said.trim())
  }

  async #lookAt(node: ManagedNode): Promise<{ readonly isKnown: boolean; readonly isRunning: boolean }> {
    const text = `if [ -e ${quoteShell(this.#configFile)} ]; then echo known; fi
if ${isRunningCommand(this.#service)} 2>/dev/null; then echo running; fi`
    // Whoever cannot be asked is out of reach: what is seen of the node says why.
    const { stdout } = await node.host.run({ as: 'root', text }).catch(() => ({ stdout: '' }))
    return { isKnown: stdout.includes('known'), isRunning: stdout.includes('running') }
  }

  #call(node: ManagedNode, call: Call): Promise<Answer> {
    return callApi(node.host, node.address.host, call)
  }

  #layoutOf(node: ManagedNode): DebianLayout {
    const its = this.#options.nodes.get(node.name)
    if (its === undefined) throw new Error(`there is no node ${node.name}`)
    return its.layout
  }

  get #hosts(): readonly string[] {
    return [...this.#options.nodes.values()].map((it) => it.address.host)
  }

  get #configFile(): string {
    return `/etc/patroni/${this.#options.scope}.yml`
  }

  get #service(): Service {
    const { scope } = this.#options
    return {
      unit: `patroni@${scope}`,
      user: 'postgres',
      command: `exec /usr/bin/patroni ${this.#configFile}`,
      logFile: `/var/log/postgresql/patroni-${scope}.log`,
    }
  }
}

/** For whoever changes something by its REST interface: as secret as the password of replication, and made from it. */
function credentials({ secrets }: StepWork): string {
  return `${REST_USER}:${createHash('sha256').update(`rest:${secrets.replication}`).digest('base64url')}`
}

/** @see https://patroni.readthedocs.io/en/latest/rest_api.html#cluster-status-endpoints */
function readCluster(text: string): Omit<EngineState, 'isInCharge' | 'members'> {
  const { members = [], pause = false } = JSON.parse(text) as {
    readonly members?: readonly { readonly name: string; readonly role: string }[]
    readonly pause?: boolean
  }
  const inRole = (...roles: readonly string[]) => members.filter((it) => roles.includes(it.role)).map((it) => it.name)
  return {
    leader: inRole('leader')[0],
    synchronous: new Set(inRole('sync_standby', 'quorum_standby')),
    isPaused: pause,
  }
}
