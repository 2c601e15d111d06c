import type { Host } from '../host.js'
import type { Script } from '../script.js'
import { API_PORT } from './patroni-text.js'

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: object
  /** `user:password`. */
  readonly credentials?: string
  readonly timeoutMs?: number
}

/**
 * Asks a member's REST interface, on its own host, with nothing but `bash`: it need not be within our reach.
 *
 * @throws {Error} nobody answers.
 * @see https://patroni.readthedocs.io/en/latest/rest_api.html
 */
export async function callApi(host: Host, address: string, call: Call): Promise<Answer> {
  const { code, stdout, stderr } = await host.run(callScript(address, call), { timeoutMs: call.timeoutMs ?? 10_000 })
  if (code !== 0) throw new Error(`Patroni on ${address} does not answer: ${stderr.trim()}`)
  const [head = '', ...rest] = stdout.split('\r\n\r\n')
  return { status: Number(/^HTTP\/\S+ (\d+)/.exec(head)?.[1] ?? 0), body: rest.join('\r\n\r\n') }
}

export function callScript(address: string, { method, path, body, credentials }: Call): Script {
  const text = body === undefined ? '' : JSON.stringify(body)
  const request = [
    `${method} ${path} HTTP/1.0`,
    ...(credentials === undefined ? [] : [`Authorization: Basic ${Buffer.from(credentials).toString('base64')}`]),
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    '',
    text,
  ]
  return { as: 'login', text: `exec 3<>/dev/tcp/${address}/${API_PORT}\ncat >&3\ncat <&3`, input: request.join('\r\n') }
}
