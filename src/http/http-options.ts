import type { SessionTokens } from '../cluster/session-tokens.js'
import type { Consistency } from '../model/consistency.js'
import { isConsistency } from '../routing/consistency-level.js'
import { Problems } from '../routing/problems.js'

/** What holds for every request that a session is carried through. */
export interface HttpOptions<Request> {
  /** From `sessionTokens`: signs what goes out, and tells whether what comes in is ours. */
  readonly tokens: SessionTokens
  /** For browsers. Its name, its attributes; `false`: none is read or set. */
  readonly cookie?: CookieOptions | false | undefined
  /** For programs: the header of requests and responses. Default `x-sluice-session`; `false`: none is read or set. */
  readonly header?: string | false | undefined
  /** What reads of a request may miss, where the call does not say. Default: what the pool says. */
  readonly consistency?: Consistency | undefined
  /**
   * What a token that is not believed means: nothing (`ignore`, the default), or that there may be a write of this user
   * that we know nothing of (`see-primary`). It is never an error for the user.
   */
  readonly refusedToken?: 'ignore' | 'see-primary' | undefined
  /** The shard of the statements of a request that do not name one. Default: none. */
  readonly shard?: ((request: Request) => string | undefined) | undefined
  /** Requests that need no session, such as those for files. Default: none of them. */
  readonly skip?: ((request: Request) => boolean) | undefined
}

/** Beside `HttpOnly`, which it always is. `Max-Age` is that of the tokens. */
export interface CookieOptions {
  /** Default `sluice`. With the prefixes `__Host-` and `__Secure-`, `secure` must be `true`. */
  readonly name?: string | undefined
  /** Default `/`. */
  readonly path?: string | undefined
  /** Default: none, the host that answers and no other. */
  readonly domain?: string | undefined
  /** Default `lax`: a link from elsewhere brings it. `none` needs `secure: true`. */
  readonly sameSite?: SameSite | undefined
  /** Default `auto`: where the request came over TLS, as far as the framework says so. */
  readonly secure?: boolean | 'auto' | undefined
}

export type SameSite = 'lax' | 'strict' | 'none'

export interface HttpConfig<Request> {
  readonly tokens: SessionTokens
  readonly cookie: CookieConfig | undefined
  /** In lower case. */
  readonly header: string | undefined
  readonly consistency: Consistency | undefined
  readonly refusedToken: 'ignore' | 'see-primary'
  readonly shardOf: (request: Request) => string | undefined
  readonly isSkipped: (request: Request) => boolean
}

export interface CookieConfig {
  readonly name: string
  readonly path: string
  readonly domain: string | undefined
  readonly sameSite: SameSite
  readonly secure: boolean | 'auto'
  readonly maxAgeSeconds: number
}

const KEYS = ['tokens', 'cookie', 'header', 'consistency', 'refusedToken', 'shard', 'skip']
const COOKIE_KEYS = ['name', 'path', 'domain', 'sameSite', 'secure']
/** What HTTP calls a token: the name of a header, or of a cookie. */
const NAME = /^[\w!#$%&'*+.^`|~-]{1,255}$/
const HOST = /^\.?[a-z\d-]+(\.[a-z\d-]+)*$/i
const PATH = /^\/[!-:<-~]*$/

/** @param more options of one framework, which it looks at itself. @throws {ConfigError} naming all that is wrong. */
export function completeHttpOptions<Request>(
  options: HttpOptions<Request>,
  more: readonly string[] = [],
): HttpConfig<Request> {
  const problems = new Problems()
  const given = givenIn(options, [...KEYS, ...more], problems)
  const tokens = tokensIn(given['tokens'], problems)
  const cookie = given['cookie'] === false ? undefined : cookieIn(given['cookie'], tokens?.maxAgeMs ?? 0, problems)
  const header = headerIn(given['header'], problems)
  if (given['cookie'] === false && given['header'] === false) {
    problems.add('header', 'must not be false where cookie is: nothing would carry the session', false)
  }
  const { consistency } = given
  if (consistency !== undefined && !isConsistency(consistency)) {
    const rule = "must be 'eventual', 'session', 'strong', or { maxLagMs, maxLagBytes }"
    problems.add('consistency', rule, consistency)
  }
  const refusedToken = problems.oneOf('refusedToken', given['refusedToken'], ['ignore', 'see-primary'])
  const shardOf = problems.callable<HttpConfig<Request>['shardOf']>('shard', given['shard'])
  const isSkipped = problems.callable<HttpConfig<Request>['isSkipped']>('skip', given['skip'])
  problems.throwIfAny()
  return {
    tokens: tokens as SessionTokens,
    cookie,
    header,
    consistency: consistency as Consistency | undefined,
    refusedToken: refusedToken ?? 'ignore',
    shardOf: shardOf ?? (() => undefined),
    isSkipped: isSkipped ?? (() => false),
  }
}

function givenIn(options: unknown, known: readonly string[], problems: Problems): Readonly<Record<string, unknown>> {
  if (typeof options !== 'object' || options === null) return {}
  for (const [key, value] of Object.entries(options)) {
    if (!known.includes(key)) problems.addHidden(key, `is not an option: there are ${known.join(', ')}`, value)
  }
  return { ...options }
}

function tokensIn(value: unknown, problems: Problems): SessionTokens | undefined {
  const tokens = value as Partial<SessionTokens> | null | undefined
  const isOne = typeof tokens?.sign === 'function' && typeof tokens.read === 'function'
  return isOne ? (tokens as SessionTokens) : problems.addHidden('tokens', 'must be what sessionTokens() made', value)
}

function headerIn(value: unknown, problems: Problems): string | undefined {
  if (value === false) return undefined
  if (value === undefined) return 'x-sluice-session'
  if (typeof value === 'string' && NAME.test(value)) return value.toLowerCase()
  return problems.add('header', 'must be the name of a header, or false', value)
}

function cookieIn(value: unknown, maxAgeMs: number, problems: Problems): CookieConfig {
  const given = problems.record('cookie', value, COOKIE_KEYS) ?? {}
  const text = (key: string, pattern: RegExp, rule: string) => {
    const found = given[key]
    if (found === undefined || (typeof found === 'string' && pattern.test(found))) return found
    return problems.add(`cookie.${key}`, rule, found)
  }
  const { secure = 'auto' } = given
  if (typeof secure !== 'boolean' && secure !== 'auto')
    problems.add('cookie.secure', "must be true, false or 'auto'", secure)
  const cookie: CookieConfig = {
    name: text('name', NAME, 'must be the name of a cookie') ?? 'sluice',
    path: text('path', PATH, "must be a path that begins with '/'") ?? '/',
    domain: text('domain', HOST, 'must be the name of a host'),
    sameSite: problems.oneOf('cookie.sameSite', given['sameSite'], ['lax', 'strict', 'none']) ?? 'lax',
    secure: secure as CookieConfig['secure'],
    // Whole seconds, and never 0: that would remove the cookie.
    maxAgeSeconds: Math.ceil(maxAgeMs / 1000),
  }
  checkTogether(cookie, problems)
  return cookie
}

/** Browsers drop these cookies without a word. */
function checkTogether({ name, path, domain, sameSite, secure }: CookieConfig, problems: Problems): void {
  if (secure !== true && sameSite === 'none')
    problems.add('cookie.secure', "must be true where sameSite is 'none'", secure)
  if (secure !== true && /^__(host|secure)-/i.test(name))
    problems.add('cookie.secure', `must be true for ${name}`, secure)
  if (!/^__host-/i.test(name)) return
  if (path !== '/') problems.add('cookie.path', `must be '/' for ${name}`, path)
  if (domain !== undefined) problems.add('cookie.domain', `must not be given for ${name}`, domain)
}
