import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, type Event, sluice } from '../cli.js'
import { type HostOptions, Rack } from './rack.js'
import type { TestHost } from './test-host.js'

/** Test hosts, with a `sluice.yaml` that describes them: `admin` comes in to each by its name. */
export class Described {
  readonly rack: Rack
  readonly hosts: readonly TestHost[]
  readonly file: string
  readonly #folder: string

  private constructor(rack: Rack, hosts: readonly TestHost[]) {
    this.rack = rack
    this.hosts = hosts
    this.#folder = mkdtempSync(join(tmpdir(), 'described-'))
    this.file = join(this.#folder, 'sluice.yaml')
    this.describe()
  }

  static async start(names: readonly string[], options: HostOptions = {}): Promise<Described> {
    const rack = await Rack.start()
    try {
      const hosts: TestHost[] = []
      for (const name of names) hosts.push(await rack.host(name, options))
      return new Described(rack, hosts)
    } catch (error) {
      await rack.stop()
      throw error
    }
  }

  /** @param more lines of the file. @param nodes what stands there for some of them, by name. */
  describe(more = '', nodes: Readonly<Record<string, string>> = {}): void {
    const lines = this.hosts.map(({ name }) => `  ${name}: { ${nodes[name] ?? `ssh: admin@${name}`} }\n`)
    const top = `sshConfig: ${this.rack.sshConfig}\napplications: [10.213.0.0/16]\n`
    writeFileSync(this.file, `${top}${more}nodes:\n${lines.join('')}`)
  }

  run(command: string, ...args: readonly string[]): Promise<Ended> {
    return sluice(command, '--file', this.file, '--json', ...args)
  }

  /** `db1 primary`, of a cluster in which all is well. */
  async healthy(): Promise<readonly string[]> {
    const ended = await this.run('status')
    const [seen] = ended.events()
    assert.deepEqual([ended.code, seen?.health, seen?.problems], [0, 'healthy', []], ended.out)
    return (seen?.nodes ?? []).map((it) => `${it['node']} ${it['role']}`)
  }

  async stop(): Promise<void> {
    await this.rack.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** What a command that was refused, or failed, says, and what it says to do. */
export function whyNot(ended: Ended): string {
  assert.equal(ended.code, 1, ended.out)
  const { message, hint } = ended.events().at(-1) as Event
  return `${message}\n${hint}`
}

/** As the superuser, on the host itself. */
export async function asPostgres(host: TestHost, text: string, database = 'postgres'): Promise<string> {
  return (await host.inside(`cd /; runuser -u postgres -- psql -XAt -d ${database} -c "${text}"`)).trim()
}
