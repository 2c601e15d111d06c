import { type ConnectionUrl, decode, hostAndPort, queryOf, queryValue, withQuery } from './connection-url.js'
import { DRIVER_KEYS } from './known-options.js'

type Options = Readonly<Record<string, unknown>>

/** What a URL may say of a connection and options too. */
export const IN_URL = ['user', 'password', 'host', 'port', 'database'] as const

type InUrl = (typeof IN_URL)[number]

/** Does the URL say this itself? */
export function says(url: ConnectionUrl, key: InUrl): boolean {
  if (queryValue(url, key) !== undefined) return true
  switch (key) {
    case 'user':
    case 'password':
      return url[key] !== undefined
    case 'host':
      return hostAndPort(url.authority).host !== ''
    case 'port':
      return hostAndPort(url.authority).port !== undefined
    case 'database':
      return url.path.length > 1
  }
}

/**
 * The URL with what it does not say itself taken from the options. `pg` would not look there: to it, a URL without a
 * password says that there is none.
 */
export function completeUrl(url: ConnectionUrl, options: Options): ConnectionUrl {
  return IN_URL.reduce((done, key) => (says(done, key) ? done : replaceIn(done, key, options[key])), url)
}

/** The URL with what these options say in the place of its own. */
export function overrideUrl(url: ConnectionUrl, options: Options): ConnectionUrl {
  return IN_URL.reduce((done, key) => replaceIn(done, key, options[key]), url)
}

function replaceIn(url: ConnectionUrl, key: InUrl, value: unknown): ConnectionUrl {
  // A function gives the password later: `optionsOf` deals with it.
  if (value === undefined || value === null || value === '' || typeof value === 'function') return url
  const text = String(value)
  if (queryValue(url, key) !== undefined) return withQuery(url, key, text)
  switch (key) {
    case 'user':
    case 'password':
      return { ...url, [key]: encodeURIComponent(text) }
    case 'host':
      return { ...url, authority: join(text, hostAndPort(url.authority).port) }
    case 'port':
      return replacePort(url, text)
    case 'database':
      return { ...url, path: `/${encodeURIComponent(text)}` }
  }
}

function replacePort(url: ConnectionUrl, port: string): ConnectionUrl {
  const { host } = hostAndPort(url.authority)
  // No host before the query: it is in the query, or nowhere, and a port needs one to stand behind.
  return host === '' ? withQuery(url, 'port', port) : { ...url, authority: join(host, port) }
}

function join(host: string, port: string | undefined): string {
  const written = host.includes(':') ? `[${host}]` : encodeURIComponent(host)
  return port === undefined ? written : `${written}:${port}`
}

/** Parameters that `pg` turns into TLS options when it reads them from a URL, and only then. */
const TLS_QUERY = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'uselibpqcompat', 'useLibpqCompat']

/**
 * The same as options of the driver: for a password that a function gives, which a URL cannot hold.
 *
 * @returns the name of the parameter that has no equal among the options, if there is one.
 */
export function optionsOf(url: ConnectionUrl): Record<string, unknown> | string {
  const parameters = queryOf(url)
  const tls = parameters.find(([name]) => TLS_QUERY.includes(name))
  if (tls !== undefined) return tls[0]
  const { host, port } = hostAndPort(url.authority)
  const said: Record<string, unknown> = {}
  if (host !== '') said['host'] = host
  if (port !== undefined) said['port'] = Number(port)
  if (url.user !== undefined) said['user'] = decode(url.user)
  if (url.path.length > 1) said['database'] = decode(url.path.slice(1))
  for (const [name, value] of parameters) if (DRIVER_KEYS.includes(name)) said[name] = value
  return said
}
