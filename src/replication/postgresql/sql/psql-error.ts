/** What the server said, as the driver has it: with its SQLSTATE, or the errno of a socket that nobody listens at. */
export class PsqlError extends Error {
  override readonly name = 'PsqlError'
  readonly code: string | undefined
  readonly detail: string | undefined
  readonly hint: string | undefined

  constructor(message: string, parts: { code?: string; detail?: string; hint?: string } = {}) {
    super(message)
    this.code = parts.code
    this.detail = parts.detail
    this.hint = parts.hint
  }
}

/** Why there is no connection: `psql` gives no codes for these. */
const NO_CONNECTION: readonly (readonly [RegExp, string])[] = [
  [/: No such file or directory/, 'ENOENT'],
  [/: Connection refused/, 'ECONNREFUSED'],
  [
    /FATAL: {2}the database system is (starting up|shutting down|in recovery mode|not (yet )?accepting connections)/,
    '57P03',
  ],
  [/FATAL: {2}sorry, too many clients already|FATAL: {2}remaining connection slots are reserved/, '53300'],
  [/FATAL: {2}(database|role) ".*" does not exist/, '3D000'],
  [/FATAL: {2}(Peer|password) authentication failed/, '28000'],
]

/** @param said what `psql` said, with VERBOSITY verbose. */
export function readPsqlError(said: string): PsqlError {
  const lines = said.split('\n')
  // Notices and warnings look the same, and come before: it stops at the error.
  const at = lines.findLastIndex((line) => SERVER_SAYS.test(line))
  const [, code, message] = SERVER_SAYS.exec(lines[at] ?? '') ?? []
  if (code === undefined || message === undefined) return readConnectionError(said)
  const rest = lines.slice(at + 1)
  const [detail, hint] = ['DETAIL', 'HINT'].map((name) => partOf(rest, name))
  return new PsqlError(message, { code, ...(detail && { detail }), ...(hint && { hint }) })
}

/** `psql:<stdin>:3: ERROR:  42P01: relation "x" does not exist`; the severity is in the server's language. */
const SERVER_SAYS = /^(?:psql:[^ ]*:\d+: )?\p{Lu}+: {2}([0-9A-Z]{5}): (.*)$/u

function readConnectionError(said: string): PsqlError {
  const message = said.replace(/^psql: (error: )?/, '').trim() || 'psql ended without a word'
  const code = NO_CONNECTION.find(([says]) => says.test(said))?.[1]
  return new PsqlError(message, code === undefined ? {} : { code })
}

function partOf(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`${name}:  `))?.slice(name.length + 3)
}
