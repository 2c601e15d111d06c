import type { Host } from '../host.js'
import type { LayoutPaths } from '../layouts/layout.js'
import { type Output, quoteShell } from '../script.js'
import { asOneValue, readRows } from './json-rows.js'
import { readPsqlError } from './psql-error.js'
import { SESSION, type Sql } from './sql.js'

export interface PsqlOptions {
  readonly paths: Pick<LayoutPaths, 'binDir'> & { readonly socketDir: string }
  readonly port: number
  /** Default `postgres`. */
  readonly database?: string
  /** Milliseconds for one call. Default 120 000: a promotion, or a checkpoint, takes its time. */
  readonly timeoutMs?: number
}

/** `psql` on the node's own host, for where no socket of it is within our reach. */
export class PsqlSql implements Sql {
  readonly #host: Host
  readonly #command: string
  readonly #timeoutMs: number

  constructor(host: Host, options: PsqlOptions) {
    const { paths, port, database = 'postgres', timeoutMs = 120_000 } = options
    // No habits of whoever has a .psqlrc there, no question for a password, and codes in errors.
    const flags = '--no-psqlrc --no-password --quiet --no-align --tuples-only'
    const variables = '--set ON_ERROR_STOP=1 --set VERBOSITY=verbose'
    const where = `--host ${quoteShell(paths.socketDir)} --port ${port} --dbname ${quoteShell(database)}`
    this.#host = host
    this.#command = `PGAPPNAME=sluice PGOPTIONS=${quoteShell(SESSION)} ${quoteShell(`${paths.binDir}/psql`)} ${flags} ${variables} ${where} --file -`
    this.#timeoutMs = timeoutMs
  }

  async rows<Row extends object>(text: string): Promise<readonly Row[]> {
    const said = await this.#run(`${asOneValue(text)};\n`)
    return readRows(said.stdout)
  }

  async execute(text: string): Promise<void> {
    await this.#run(`${text}\n;\n`)
  }

  /** Nothing is kept open. */
  async close(): Promise<void> {}

  /** By standard input: a statement may have a password in it. */
  async #run(input: string): Promise<Output> {
    const output = await this.#host.run({ as: 'server', text: this.#command, input }, { timeoutMs: this.#timeoutMs })
    if (output.code !== 0) throw readPsqlError(output.stderr)
    return output
  }
}
