/**
 * A connection URL in pieces, as they stand in the text: nothing is decoded, so that putting them together again gives
 * the same text. `pg` reads URLs in its own way; what Sluice does not understand must reach it untouched.
 */
export interface ConnectionUrl {
  /** With its `://`. */
  readonly scheme: string
  /** `undefined`: there is none. */
  readonly user: string | undefined
  readonly password: string | undefined
  /** One host, or several with commas, each with its port if it has one. */
  readonly authority: string
  /** With its `/`; empty: there is none. */
  readonly path: string
  /** Each `name=value`. */
  readonly query: readonly string[]
}

/** `undefined`: this is no URL. The `socket:` form and the `/path database` form of `pg` are not: they are left alone. */
export function parseUrl(text: string): ConnectionUrl | undefined {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)([^?#]*)(?:\?([^#]*))?$/i.exec(text)
  if (parts === null) return undefined
  const [, scheme = '', whole = '', path = '', query = ''] = parts
  const at = whole.lastIndexOf('@')
  const credentials = at < 0 ? '' : whole.slice(0, at)
  const colon = credentials.indexOf(':')
  return {
    scheme,
    user: (colon < 0 ? credentials : credentials.slice(0, colon)) || undefined,
    password: colon < 0 ? undefined : credentials.slice(colon + 1) || undefined,
    authority: whole.slice(at + 1),
    path,
    query: query.split('&').filter((it) => it !== ''),
  }
}

export function writeUrl(url: ConnectionUrl): string {
  const password = url.password === undefined ? '' : `:${url.password}`
  const credentials = url.user === undefined && password === '' ? '' : `${url.user ?? ''}${password}@`
  const query = url.query.length === 0 ? '' : `?${url.query.join('&')}`
  return `${url.scheme}${credentials}${url.authority}${url.path}${query}`
}

/** The last value of a query parameter, decoded. */
export function queryValue(url: ConnectionUrl, name: string): string | undefined {
  const piece = url.query.findLast((it) => nameIn(it) === name)
  return piece === undefined ? undefined : valueIn(piece)
}

export function withoutQuery(url: ConnectionUrl, names: readonly string[]): ConnectionUrl {
  return { ...url, query: url.query.filter((it) => !names.includes(nameIn(it))) }
}

export function withQuery(url: ConnectionUrl, name: string, value: string): ConnectionUrl {
  const others = withoutQuery(url, [name])
  return { ...others, query: [...others.query, `${encodeURIComponent(name)}=${encodeURIComponent(value)}`] }
}

/** Name and value of each query parameter, decoded, in the order of the text. */
export function queryOf(url: ConnectionUrl): readonly (readonly [string, string])[] {
  return url.query.map((it) => [nameIn(it), valueIn(it)] as const)
}

/** Host and port of an authority that names one host. Brackets of an IPv6 address are taken off. */
export function hostAndPort(authority: string): { readonly host: string; readonly port: string | undefined } {
  const [, bracketed, plain = '', port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(authority) ?? []
  return { host: bracketed ?? decode(plain), port: port || undefined }
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray `%`: `pg` takes it for what it is, and so do we.
    return text
  }
}

function nameIn(piece: string): string {
  const end = piece.indexOf('=')
  return decodeForm(end < 0 ? piece : piece.slice(0, end))
}

function valueIn(piece: string): string {
  const start = piece.indexOf('=')
  return start < 0 ? '' : decodeForm(piece.slice(start + 1))
}

function decodeForm(text: string): string {
  return decode(text.replaceAll('+', ' '))
}
