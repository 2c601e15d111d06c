import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import type { TestNode } from '../../src/testing.js'

/** The part of a test's context that ends things. */
interface Ends {
  after(fn: () => Promise<void>): void
}

/** A connection as an application has one, ended with the test. Its breaking is for the next statement to tell. */
export async function connection(t: Ends, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 20_000 })
  client.on('error', () => undefined)
  await client.connect()
  // One that hangs would wait for its server's farewell.
  t.after(async () => void client.end().catch(() => undefined))
  return client
}

/** One statement on a connection of its own. */
export async function ask<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 20_000 })
  await client.connect()
  return client.query<Row>(text).then(
    async ({ rows }) => {
      await client.end()
      return rows
    },
    async (error: unknown) => {
      await client.end()
      throw error
    },
  )
}

/** How many rows of the table `t` this node shows. */
export async function countOn(node: TestNode): Promise<number> {
  const [row] = await node.admin<{ n: number }>('select count(*)::int as n from t')
  return row!.n
}

/** The code of the error that this fails with. */
export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return ((await failureOf(work)) as Error & { code?: unknown }).code
}

export async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => assert.fail('it did not fail'),
    (error: Error) => error,
  )
}

/** Is there such a process? One that has ended but that nobody has asked after is not. */
export function isThere(pid: number): boolean {
  return !['', 'Z'].includes(statusOf(pid, 'State').slice(0, 1))
}

/** The user that a process runs as. NaN for one that has gone. */
export function userOf(pid: number): number {
  return Number.parseInt(statusOf(pid, 'Uid'), 10)
}

/** `T`: it is stopped in time. */
export function stateOf(pid: number): string {
  return statusOf(pid, 'State').slice(0, 1)
}

export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((it) => it > 0 && Number(statusOf(it, 'PPid')) === pid)
}

/** Empty for a process that has gone. */
function statusOf(pid: number, field: string): string {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    return new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(text)?.[1] ?? ''
  } catch {
    return ''
  }
}
