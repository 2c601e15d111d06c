import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { eventually } from '../pool.js'
import { firstLine, MACHINE_ENV, onlyChildOf, type Rack, USERS } from './rack.js'

interface Built {
  readonly rack: Rack
  readonly name: string
  readonly address: string
  readonly diskMb: number
}

/** One machine: as seen from outside, with hands on its power switch and its cable. */
export class TestHost {
  readonly name: string
  readonly address: string
  readonly #rack: Rack
  readonly #diskMb: number
  #layer = ''
  #packages = ''
  #power: ChildProcess | undefined
  #hostKey = ''
  /** What its `sshd` and its boot said. */
  log = ''

  constructor({ rack, name, address, diskMb }: Built) {
    this.name = name
    this.address = address
    this.#rack = rack
    this.#diskMb = diskMb
  }

  /** The kind and the key, as a line of `known_hosts` ends. */
  get hostKey(): string {
    return this.#hostKey
  }

  /** What its disk starts from, and the packages in its reach. */
  provide(layer: string, packages: string): void {
    this.#layer = layer
    this.#packages = packages
  }

  /** Its disk, empty but for the keys that may come in. */
  async make(): Promise<void> {
    const key = readFileSync(`${this.#rack.privateKey}.pub`, 'utf8').trim()
    await this.#rack.inside(
      `mkdir "$1"
      mount -t tmpfs -o "size=$2m,mode=755" "$(basename "$1")" "$1"
      cd "$1"
      mkdir upper work root
      mkdir -p upper/etc/ssh/authorized_keys
      for user in ${USERS.join(' ')}; do echo "$3" >"upper/etc/ssh/authorized_keys/$user"; done`,
      this.#disk,
      String(this.#diskMb),
      key,
    )
  }

  /** On, with what its disk holds. @returns when its `sshd` takes connections. */
  async boot(): Promise<void> {
    await this.#wire()
    const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child']
    const script = [join(import.meta.dirname, 'boot.sh'), this.#disk, this.name, this.#layer, this.#packages]
    const enter = ['--target', String(this.#rack.pid), '--mount', '--pid']
    const net = ['nsenter', `--net=/run/netns/${this.name}`]
    const power = spawn('nsenter', [...enter, ...net, 'unshare', ...namespaces, 'bash', ...script], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: MACHINE_ENV,
    })
    this.#power = power
    power.stderr!.on('data', (chunk) => (this.log += chunk))
    this.#hostKey = (await firstLine(power, this.name).catch((error: Error) => this.#explain(error))).slice(4)
    await eventually(() => this.#takesConnections(), Boolean, 30_000)
  }

  /** As if the plug were pulled: nobody says goodbye. */
  async powerCut(): Promise<void> {
    const power = this.#power
    if (power?.pid === undefined) throw new Error(`${this.name} is off`)
    await this.unplug()
    process.kill(initOf(power.pid), 'SIGKILL')
    await this.ended()
    this.#power = undefined
    await this.#rack.inside('ip link del "p-$1"; ip netns del "$1"', this.name)
  }

  /** The cable is out: frames go nowhere, and neither side is told. */
  async unplug(): Promise<void> {
    await this.#rack.inside('ip link set "p-$1" down', this.name)
  }

  async plug(): Promise<void> {
    await this.#rack.inside('ip link set "p-$1" up', this.name)
  }

  /** As its own root, without `ssh`: to arrange, and to look. @returns what it says. */
  async inside(script: string): Promise<string> {
    const enter = [
      '--target',
      String(initOf(this.#power!.pid!)),
      '--mount',
      '--uts',
      '--ipc',
      '--net',
      '--pid',
      '--root',
    ]
    const child = spawn('nsenter', [...enter, '--wd', 'bash', '-eus'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: MACHINE_ENV,
    })
    let [said, errors] = ['', '']
    child.stdout.on('data', (chunk) => (said += chunk))
    child.stderr.on('data', (chunk) => (errors += chunk))
    child.stdin.end(script)
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`on ${this.name}: exit code ${code}: ${errors}`)
    return said
  }

  /** Nothing more can be written, but for this much. */
  async fillDisk(leaveKb = 0): Promise<void> {
    const free = Number(await this.inside('df --output=avail -k / | tail -n1'))
    await this.inside(`fallocate -l ${free - leaveKb}K /var/fill`)
  }

  async ended(): Promise<void> {
    const power = this.#power
    if (power !== undefined && power.exitCode === null && power.signalCode === null) await once(power, 'exit')
  }

  get #disk(): string {
    return join(this.#rack.folder, this.name)
  }

  async #wire(): Promise<void> {
    await this.#rack.inside(
      `ip netns add "$1"
      ip link add "p-$1" type veth peer name eth0 address "$3" netns "$1"
      ip link set "p-$1" master switch up
      ip -n "$1" link set lo up
      ip -n "$1" addr add "$2/24" dev eth0
      ip -n "$1" link set eth0 up`,
      this.name,
      this.address,
      this.#hardwareAddress,
    )
  }

  /** Its own for life: others remember it across a power cut. */
  get #hardwareAddress(): string {
    const parts = this.address.split('.').map((it) => Number(it).toString(16).padStart(2, '0'))
    return ['02', '00', ...parts].join(':')
  }

  #explain(error: Error): never {
    throw new Error(`${error.message}: ${this.log}`)
  }

  #takesConnections(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ port: 22, host: this.address, timeout: 1000 })
      const finish = (does: boolean) => {
        socket.destroy()
        resolve(does)
      }
      socket.once('data', (greeting) => finish(greeting.toString().startsWith('SSH-')))
      for (const event of ['error', 'timeout', 'close']) socket.once(event, () => finish(false))
    })
  }
}

/** `nsenter` waits for `unshare`, which waits for the host's first process. */
function initOf(power: number): number {
  return onlyChildOf(onlyChildOf(power))
}
