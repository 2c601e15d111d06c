// A process that closes a gate in the very moment in which a connection through it ends, and then has nothing more to do.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { listen } from '../../src/replication/postgresql/programs/ports.js'
import { Gate } from '../../src/testing/gate.js'

const sessions: Socket[] = []
const server = createServer({ allowHalfOpen: true }, (connection) => {
  sessions.push(connection)
  connection.on('error', () => undefined).on('data', (bytes) => connection.write(bytes))
})
await listen(server, 0)
const { port } = server.address() as { port: number }
const gate = await Gate.open(port)
const through = await connected(gate.port)
const past = await connected(port)
const closed = new Promise((resolve) => sessions.at(-1)?.on('end', () => resolve(gate.close())))
// Both ends are read in one turn of the loop: by the gate, which passes its on, and then by us.
through.end()
past.end()
await closed
for (const socket of [through, past, ...sessions]) socket.destroy()
server.close()

/** All the way to the server. */
async function connected(to: number): Promise<Socket> {
  const client = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined)
  client.write('x')
  await once(client, 'data')
  return client
}
