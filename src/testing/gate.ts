import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort, listen } from '../replication/postgresql/programs/ports.js'
import { Flow } from './flow.js'
import { mustBeMs } from './milliseconds.js'

/** What the network between two ends does. */
export type GateState = 'open' | 'cut' | 'half-open'

interface Connection {
  readonly near: Socket
  /** `undefined`: nobody was dialled, since not a byte would have passed. */
  readonly far: Socket | undefined
  readonly flows: readonly Flow[]
}

/**
 * A piece of network in front of a server, to be broken on purpose: listens on a port of its own and passes bytes on.
 *
 * While it is open it is not to be noticed: a connection that the server breaks breaks, one that the server ends ends,
 * and where no server listens no connection opens.
 */
export class Gate {
  readonly port: number
  #listener: Server | undefined
  #change: Promise<void> = Promise.resolve()
  readonly #connections = new Set<Connection>()
  #state: GateState = 'open'
  #delayMs = 0
  #target: number
  #isTargetThere: boolean
  #isClosed = false

  private constructor(port: number, target: number, isTargetThere: boolean) {
    this.port = port
    this.#target = target
    this.#isTargetThere = isTargetThere
  }

  /**
   * Opens a gate to a port on this machine.
   *
   * @param isTargetThere false: connections are refused until `targetIs` says otherwise.
   */
  static async open(target: number, isTargetThere = true): Promise<Gate> {
    const gate = new Gate(await freePort(), target, isTargetThere)
    await gate.#adjust()
    return gate
  }

  get state(): GateState {
    return this.#state
  }

  /** From now on to another port. Connections to the old one break. */
  retarget(target: number): void {
    this.#target = target
    this.#breakAll()
  }

  /** Whether a server listens at the target: otherwise the gate refuses as the server's own port would. */
  async targetIs(there: boolean): Promise<void> {
    this.#isTargetThere = there
    await this.#adjust()
  }

  /** Connections break, and new ones are refused. */
  async cut(): Promise<void> {
    this.#state = 'cut'
    this.#breakAll()
    await this.#adjust()
  }

  /** Connections stay, new ones open, and not a byte passes. */
  async halfOpen(): Promise<void> {
    this.#state = 'half-open'
    for (const { flows } of this.#connections) for (const flow of flows) flow.halt()
    await this.#adjust()
  }

  /** Every byte takes so much longer, in each direction. */
  async delay(ms: number): Promise<void> {
    mustBeMs('delay a network', ms)
    this.#delayMs = ms
  }

  /** Everything passes again, at once. Connections that were half-open break: their ends no longer agree. */
  async heal(): Promise<void> {
    if (this.#state === 'half-open') this.#breakAll()
    this.#state = 'open'
    this.#delayMs = 0
    for (const { flows } of this.#connections) for (const flow of flows) flow.hurry()
    await this.#adjust()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#breakAll()
    await this.#adjust()
  }

  /** Listens, or not, as the state demands. One change after the other. */
  #adjust(): Promise<void> {
    const adjusted = this.#change.then(async () => {
      if (this.#mayConnect()) return this.#listen()
      this.#listener?.close()
      this.#listener = undefined
    })
    // Whoever asked for this change hears of its failure; the next one begins all the same.
    this.#change = adjusted.catch(() => undefined)
    return adjusted
  }

  #mayConnect(): boolean {
    if (this.#isClosed) return false
    return this.#state === 'half-open' || (this.#state === 'open' && this.#isTargetThere)
  }

  async #listen(): Promise<void> {
    if (this.#listener !== undefined) return
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#accept(near))
    await listen(listener, this.port)
    // A connection that could not be accepted is its client's to notice.
    listener.on('error', () => undefined)
    // Neither the gate nor what passes through it keeps the process alive: the ends do, if they want to.
    this.#listener = listener.unref()
  }

  #accept(near: Socket): void {
    near.unref()
    if (this.#isClosed || this.#state === 'cut') return breakOff(near)
    const far = this.#state === 'half-open' ? undefined : this.#dial()
    const connection: Connection = { near, far, flows: far === undefined ? [] : this.#join(near, far) }
    this.#connections.add(connection)
    for (const end of [near, far]) {
      end?.on('error', () => undefined)
      end?.on('close', (isBroken) => this.#endWas(isBroken, end, connection))
    }
    if (far === undefined) near.pause()
  }

  #dial(): Socket {
    const far = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    return far.unref()
  }

  #join(near: Socket, far: Socket): readonly Flow[] {
    const delayMs = () => this.#delayMs
    return [new Flow(near, far, delayMs), new Flow(far, near, delayMs)]
  }

  /** One end has gone. Where the other can know, it goes the same way; what it had yet to say is lost, as it would be. */
  #endWas(isBroken: boolean, end: Socket, connection: Connection): void {
    if (!this.#connections.has(connection)) return
    const { near, far } = connection
    const other = end === near ? far : near
    if (other === undefined || other.destroyed) return void this.#connections.delete(connection)
    if (this.#state === 'half-open') return
    if (isBroken) breakOff(other)
  }

  #breakAll(): void {
    for (const { near, far, flows } of this.#connections) {
      for (const flow of flows) flow.halt()
      breakOff(near)
      if (far !== undefined) breakOff(far)
    }
    this.#connections.clear()
  }
}

/**
 * The other end hears of it as of a crash. Node.js 20 to 24 never let go of a socket that is reset while it is being shut down,
 * and the process then does not end. Such a one has already said that nothing more comes, and is closed as it is.
 */
function breakOff(socket: Socket): void {
  const { writableEnded, writableFinished, writableLength } = socket
  const isShuttingDown = writableEnded && !writableFinished && writableLength === 0
  if (isShuttingDown) socket.destroy()
  else socket.resetAndDestroy()
}
