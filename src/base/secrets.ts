/** Options whose value nobody may read in a message, a log or the output of `inspect`. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'key', 'pfx', 'passphrase'])

/** Options whose text is a URL, in which a password may stand. */
const URL_KEYS: ReadonlySet<string> = new Set(['connectionString', 'url'])

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * A connection URL without its credentials' password and without its query: `postgres://user:***@host/db?…`.
 *
 * What does not look like a URL is not shown at all: a password may stand anywhere in it.
 */
export function redactUrl(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0]
  if (scheme === undefined) return '***'
  // A password may hold a `/`, a `?` or a `#` that its author forgot to encode: look for the last `@` of the whole text.
  const at = text.lastIndexOf('@')
  if (at < 0) return scheme + withoutQuery(text.slice(scheme.length))
  const user = /^[^:@/?#]*/.exec(text.slice(scheme.length))?.[0] ?? ''
  return `${scheme}${user}:***@${withoutQuery(text.slice(at + 1))}`
}

function withoutQuery(text: string): string {
  return text.replace(/[?#].*$/s, '?…')
}

/**
 * The same object, which now shows no secret to `inspect`, `console.log` and `JSON.stringify`. A copy made of it by
 * spreading does.
 */
export function redacted<T extends object>(options: T): T {
  const show = { value: () => shownOf(options), enumerable: false }
  return Object.defineProperties(options, { [INSPECT]: show, toJSON: show })
}

/**
 * Makes the secrets of an object invisible to whoever lists its properties. They can still be read by name, which is
 * what `pg` does with its own `options.password`.
 */
export function hideSecrets(options: object): void {
  for (const [key, value] of Object.entries(options)) {
    if (SECRET_KEYS.has(key) || URL_KEYS.has(key)) {
      Object.defineProperty(options, key, { value, enumerable: false, configurable: true, writable: true })
    }
  }
}

function shownOf(options: object): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(options)) shown[key] = shownValue(key, value)
  return shown
}

function shownValue(key: string, value: unknown): unknown {
  if (value === undefined || value === null) return value
  if (SECRET_KEYS.has(key)) return '***'
  if (URL_KEYS.has(key)) return redactUrl(String(value))
  return key === 'ssl' && typeof value === 'object' ? shownOf(value) : value
}
