import { createServer, type Server } from 'node:net'

/**
 * Below the ports that Linux and macOS give to outgoing connections. One of those could be taken while a server is
 * stopped, and a client that dials a closed one can even be connected to itself.
 */
const FIRST = 15_000
const LAST = 31_999

const COUNT = LAST - FIRST + 1

const ATTEMPTS = 50

/** Other processes begin elsewhere. */
let next = Math.floor(Math.random() * COUNT)

/**
 * A port on which nobody listens now. Somebody may before its user does, who then has to notice. One after the other:
 * a server that is stopped for a while finds its port again, as long as only this process takes any.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = FIRST + next
    next = (next + 1) % COUNT
    const probe = createServer()
    try {
      await listen(probe, port)
      await new Promise<void>((resolve) => probe.close(() => resolve()))
      return port
    } catch (error) {
      if (!isPortTaken(error) || attempt === ATTEMPTS) throw error
    }
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
