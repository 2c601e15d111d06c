import { cookieIn } from './cookie-text.js'
import type { HttpConfig } from './http-options.js'

/** What a request brought; `undefined`: no such header. */
export interface Brought {
  readonly cookies: string | undefined
  readonly header: string | undefined
}

/** Which token a session begins with, and how the next one goes back. */
export interface TokenChoice {
  readonly token: string | undefined
  readonly answerBy: { readonly cookie: boolean; readonly header: boolean }
}

/**
 * The token goes back the way it came. A header beats the cookie, even an empty one: so a program says that it wants
 * headers and no cookie. A request that has neither gets both, and uses what it can.
 */
export function chooseToken(
  { cookies, header }: Brought,
  config: Pick<HttpConfig<never>, 'cookie' | 'header'>,
): TokenChoice {
  if (config.header !== undefined && header !== undefined) {
    return { token: header === '' ? undefined : header, answerBy: { cookie: false, header: true } }
  }
  const token = config.cookie === undefined ? undefined : cookieIn(cookies, config.cookie.name)
  const answerBy = { cookie: config.cookie !== undefined, header: config.header !== undefined && token === undefined }
  return { token, answerBy }
}
