import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { childrenOf } from '../servers.js'
import { type ImageKind, layImage } from './image.js'
import { packageFolder } from './packages.js'
import { TestHost } from './test-host.js'

const run = promisify(execFile)
/** Addresses of test hosts: 10.213.N.0/24, one N for each rack, claimed by the name of its link. */
const SUBNETS = Array.from({ length: 256 }, (_, n) => (n + process.pid) % 256)
/** What a machine's own processes find around them: nothing of the test's. */
export const MACHINE_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' }
/** Its users share a key; `root` may come in with it, too. */
export const USERS = ['admin', 'careful', 'plain', 'root'] as const

export interface HostOptions {
  /** `bare`: no PostgreSQL, packages in reach. `postgresql`: this machine's, without a cluster. Default `bare`. */
  readonly image?: ImageKind
  /** Default 1024. */
  readonly diskMb?: number
}

/**
 * Test hosts on one switch, to which this process has a cable: each with its own address, file system, users and `sshd`.
 *
 * Everything hangs from one process that waits at a pipe from this one: however this one ends, all of it is gone.
 */
export class Rack {
  /** The same inside the rack, where disks are mounted in it. */
  readonly folder: string
  /** The process that holds the rack, as seen from here. */
  readonly pid: number
  /** How the tests get in: `ssh -F`. */
  readonly sshConfig: string
  readonly knownHosts: string
  readonly privateKey: string
  readonly #holder: ChildProcess
  /** The cable from here to the switch. */
  readonly link: string
  readonly #subnet: number
  readonly #hosts: TestHost[] = []
  readonly #images = new Map<ImageKind, Promise<string>>()

  private constructor(folder: string, holder: ChildProcess, pid: number, subnet: number) {
    this.folder = folder
    this.pid = pid
    this.sshConfig = join(folder, 'ssh_config')
    this.knownHosts = join(folder, 'known_hosts')
    this.privateKey = join(folder, 'key')
    this.#holder = holder
    this.#subnet = subnet
    this.link = linkName(subnet)
  }

  static async start(): Promise<Rack> {
    const folder = mkdtempSync(join(tmpdir(), 'rack-'))
    chmodSync(folder, 0o755)
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'tests', '-f', join(folder, 'key')])
    const namespaces = ['--mount', '--net', '--pid', '--mount-proc', '--fork', '--kill-child']
    const script = join(import.meta.dirname, 'rack.sh')
    // Not in our process group: an interrupt from the terminal ends it through its pipe.
    const holder = spawn('unshare', [...namespaces, 'bash', script, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
      env: MACHINE_ENV,
    })
    await firstLine(holder, 'the rack')
    const pid = onlyChildOf(holder.pid!)
    const rack = new Rack(folder, holder, pid, await plugIn(pid, folder))
    rack.#writeSshConfig()
    return rack
  }

  /** A new host, powered on. */
  async host(name: string, options: HostOptions = {}): Promise<TestHost> {
    const { image = 'bare', diskMb = 1024 } = options
    const address = `10.213.${this.#subnet}.${11 + this.#hosts.length}`
    const host = new TestHost({ rack: this, name, address, diskMb })
    this.#hosts.push(host)
    host.provide(await this.#image(image), await this.#packages())
    await host.make()
    appendFileSync(this.sshConfig, `Host ${name}\n  HostName ${address}\n`)
    await host.boot()
    appendFileSync(this.knownHosts, `${address} ${host.hostKey}\n`)
    return host
  }

  /** In the rack: where disks are mounted, and cables plugged in. @returns what it says. */
  async inside(script: string, ...args: string[]): Promise<string> {
    const enter = ['--target', String(this.pid), '--mount', '--net', '--pid']
    const { stdout } = await run('nsenter', [...enter, 'bash', '-euc', script, 'rack', ...args], { env: MACHINE_ENV })
    return stdout
  }

  /** Everything is gone. May be called twice. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#holder
    if (exitCode === null && signalCode === null) {
      const over = once(this.#holder, 'exit')
      this.#holder.stdin?.end()
      await over
    }
    await Promise.all(this.#hosts.map((it) => it.ended()))
    await unplug(this.link)
    rmSync(this.folder, { recursive: true, force: true })
  }

  #image(kind: ImageKind): Promise<string> {
    const known = this.#images.get(kind) ?? layImage(this, kind)
    this.#images.set(kind, known)
    return known
  }

  /** All that a bare host lacks of PostgreSQL. */
  async #packages(): Promise<string> {
    const image = await this.#image('bare')
    return packageFolder(await this.inside('cat "$1/var/lib/dpkg/status"', image.split(':')[0]!))
  }

  #writeSshConfig(): void {
    writeFileSync(this.knownHosts, '')
    // The first value counts, so what holds for all may stand before the hosts.
    const settings = [`IdentityFile ${this.privateKey}`, 'IdentitiesOnly yes', `UserKnownHostsFile ${this.knownHosts}`]
    writeFileSync(this.sshConfig, ['Host *', ...settings, 'GlobalKnownHostsFile /dev/null', ''].join('\n  '))
  }
}

function linkName(subnet: number): string {
  return `sluice-rack${subnet}`
}

/** Lays a cable from here to the rack's switch. Its name is the claim to its addresses. */
async function plugIn(rackPid: number, folder: string): Promise<number> {
  for (const subnet of SUBNETS) {
    const link = linkName(subnet)
    try {
      await run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', String(rackPid)])
    } catch (error) {
      if (!String((error as { stderr?: unknown }).stderr).includes('File exists')) throw error
      continue
    }
    // The runner of the tests knows by it whose link was left.
    await run('ip', ['link', 'set', link, 'alias', folder])
    await run('nsenter', [
      '--target',
      String(rackPid),
      '--net',
      'ip',
      'link',
      'set',
      'uplink',
      'master',
      'switch',
      'up',
    ])
    await run('ip', ['addr', 'add', `10.213.${subnet}.1/24`, 'dev', link])
    await run('ip', ['link', 'set', link, 'up'])
    return subnet
  }
  throw new Error(`all addresses for racks are taken: ${SUBNETS.length} links ${linkName(0)} and so on`)
}

/** The kernel takes it away with the rack, a moment later. */
async function unplug(link: string): Promise<void> {
  if (!readFileSync('/proc/net/dev', 'utf8').includes(`${link}:`)) return
  await run('ip', ['link', 'del', link]).catch((error: { stderr?: unknown }) => {
    if (!String(error.stderr).includes('Cannot find device')) throw error
  })
}

export function onlyChildOf(pid: number): number {
  const [child, ...others] = childrenOf(pid)
  if (child === undefined || others.length > 0) throw new Error(`process ${pid} has not one child`)
  return child
}

/** @throws it ended before it said anything. */
export function firstLine(child: ChildProcess, what: string): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve)
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`${what} ended with ${signal ?? code}`)))
  })
}
