import type { CookieConfig } from './http-options.js'

/**
 * The value of this cookie in a request's `Cookie` header; the first where there are several, as that is the one of the
 * longest path. `undefined`: there is none, or it is empty.
 */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at < 0 || pair.slice(0, at).trim() !== name) continue
    const value = pair.slice(at + 1).trim()
    const bare = /^".*"$/.test(value) ? value.slice(1, -1) : value
    return bare === '' ? undefined : bare
  }
  return undefined
}

/** What a framework's own way to set a cookie takes, and what `cookieText` writes. */
export interface CookieAttributes {
  readonly httpOnly: true
  readonly sameSite: CookieConfig['sameSite']
  readonly path: string
  readonly domain?: string
  readonly secure: boolean
  readonly maxAge: number
}

export function attributesOf(cookie: CookieConfig, isRequestSecure: () => boolean): CookieAttributes {
  const { sameSite, path, domain, secure, maxAgeSeconds } = cookie
  return {
    httpOnly: true,
    sameSite,
    path,
    ...(domain === undefined ? {} : { domain }),
    secure: secure === 'auto' ? isRequestSecure() : secure,
    maxAge: maxAgeSeconds,
  }
}

const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

/** A `Set-Cookie` line. Tokens need no escape: they hold letters, digits, `-`, `_` and `.`. */
export function cookieText(name: string, token: string, attributes: CookieAttributes): string {
  const { maxAge, path, domain, secure, sameSite } = attributes
  return [
    `${name}=${token}`,
    `Max-Age=${maxAge}`,
    `Path=${path}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    'HttpOnly',
    ...(secure ? ['Secure'] : []),
    `SameSite=${SAME_SITE[sameSite]}`,
  ].join('; ')
}
