import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HttpApplication } from '../../../contract/http.js'

export type Served = Awaited<ReturnType<HttpApplication['serve']>>

/** A server that has been told to listen, ready; `close` ends the connections that clients keep open, too. */
export async function served(server: Server): Promise<Served> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
