import { createServer, type Server } from 'node:net'

/**
 * Below the ports that Linux and macOS give to outgoing connections. One of those could be taken while a server is
 * stopped, and a client that dials a closed one can even be connected to itself.
 */
const FIRST = 15_000
const LAST = 31_999

const BLOCK = 100
const BLOCKS = (LAST - FIRST + 1) / BLOCK

/**
 * Blocks of ports of this process: no other that takes its ports here takes any of one as long as we listen on its first.
 * So a server that is stopped for a while finds its port free again.
 */
class OwnPorts {
  #first: Promise<number> | undefined
  #last = 0

  /** A port on which nobody listens now. */
  async next(): Promise<number> {
    this.#first ??= claimBlock()
    const first = await this.#first
    for (let i = 1; i < BLOCK; i++) {
      this.#last = (this.#last % (BLOCK - 1)) + 1
      const port = first + this.#last
      if (await isFree(port)) return port
    }
    // All are in use, by this very process as a rule.
    this.#first = undefined
    return this.next()
  }
}

/** Ports are the machine's, and whatever this process starts takes them from here. */
const OWN_PORTS = new OwnPorts()

/** A port on which nobody listens now. Some other program may before its user does, who then has to notice. */
export function freePort(): Promise<number> {
  return OWN_PORTS.next()
}

/** @returns its first port. Where all are claimed, some block all the same: others may take of it too. */
async function claimBlock(): Promise<number> {
  const begin = Math.floor(Math.random() * BLOCKS)
  const firstOf = (block: number) => FIRST + (block % BLOCKS) * BLOCK
  for (let i = 0; i < BLOCKS; i++) {
    const claim = await listening(firstOf(begin + i))
    // Held until the process ends, and no reason for it not to.
    if (claim?.unref() !== undefined) return firstOf(begin + i)
  }
  return firstOf(begin)
}

async function isFree(port: number): Promise<boolean> {
  const probe = await listening(port)
  if (probe === undefined) return false
  await new Promise<void>((resolve) => probe.close(() => resolve()))
  return true
}

/** `undefined`: somebody else does. */
async function listening(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  try {
    await listen(server, port)
    return server
  } catch (error) {
    if (isPortTaken(error)) return undefined
    throw error
  }
}

/** Listens on this machine's own address. */
export function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Was this failure due to somebody else on the same port? A PostgreSQL says so in its log only. */
export function isPortTaken(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return code === 'EADDRINUSE' || (message?.includes('Address already in use') ?? false)
}
