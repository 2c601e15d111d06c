import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sluice } from '../../src/http.js'
import { sessionTokens } from '../../src/index.js'
import { startCluster } from '../../src/testing.js'
import type { Answer } from './answer.js'
import { Application } from './application.js'
import { Lag } from './lag.js'
import { Notes } from './notes.js'

const HOST = '127.0.0.1'
const USUAL_PORT = 3000
/** So that there is something to see at once. */
const FIRST_LAG_MS = 500
/** Answers under way get so long to leave when the service stops. */
const GRACE_MS = 2000

export interface Service {
  readonly url: string
  /** Of PostgreSQL. */
  readonly major: number
  /** Takes no more requests, lets those under way end, and leaves nothing behind. */
  stop(): Promise<void>
}

/** @param port default: 3000, or any other where that is taken. @throws the port is taken; see also `startCluster`. */
export async function startService(port: number | undefined): Promise<Service> {
  const cluster = await startCluster({ replicas: 2 })
  const notes = new Notes(cluster)
  const lag = new Lag(cluster)
  const server = serverOf(new Application(notes, lag))
  const stop = async () => {
    try {
      await close(server)
      await notes.end()
    } finally {
      await cluster.stop()
    }
  }
  try {
    await notes.create()
    await cluster.waitForReplay()
    await lag.set(FIRST_LAG_MS)
    const url = `http://${HOST}:${await listen(server, port)}`
    return { url, major: cluster.major, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The key lives as long as its cluster: a token of another run is not believed, and nobody minds. */
function serverOf(application: Application): Server {
  const tokens = sessionTokens({ keys: [randomBytes(32).toString('base64')] })
  return createServer(
    sluice({ tokens }, async (request, response) => {
      send(await application.answer(request), response)
    }),
  )
}

function send({ status, headers, text }: Answer, response: ServerResponse): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text)
}

/** @returns the port that it listens on. */
async function listen(server: Server, port: number | undefined): Promise<number> {
  try {
    await once(server.listen(port ?? USUAL_PORT, HOST), 'listening')
  } catch (error) {
    if (port !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    await once(server.listen(0, HOST), 'listening')
  }
  return (server.address() as AddressInfo).port
}

/** Of a server that never listened: nothing. */
async function close(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS)
  await closed
  clearTimeout(timer)
}
