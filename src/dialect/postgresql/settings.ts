import { SESSION, SETTING } from './finding.js'
import { plainString } from './names.js'
import type { StatementReader } from './statement-reader.js'
import * as t from './tokens.js'
import { readModes } from './transactions.js'

/** `SET [SESSION | LOCAL] ...`. What belongs to a transaction stays in it; the rest follows the session. */
export function readSet(reader: StatementReader, at: number): void {
  let token = reader.next()
  if (token === t.LOCAL) {
    token = reader.next()
    if (token !== t.TRANSACTION) return setLocal(reader, at)
  }
  if (token === t.SESSION) {
    token = reader.next()
    if (token === t.CHARACTERISTICS) return setCharacteristics(reader, at)
    if (token === t.AUTHORIZATION) return set(reader, at, 'session_authorization')
  }
  if (token === t.TRANSACTION) return setTransaction(reader, at)
  if (token === t.CONSTRAINTS) return setLocal(reader, at)
  set(reader, at, readName(reader))
}

/** `RESET name`, `RESET ALL`. */
export function readReset(reader: StatementReader, at: number): void {
  const token = reader.next()
  if (token === t.TRANSACTION) return setTransaction(reader, at)
  if (token === t.SESSION) return reset(reader, at, 'session_authorization')
  reset(reader, at, token === t.ALL ? undefined : readName(reader))
}

/** What `SET` calls by other words than the parameter's name. */
const SPELT_OUT: Readonly<Record<number, string>> = {
  [t.TIME]: 'timezone',
  [t.NAMES]: 'client_encoding',
  [t.SCHEMA]: 'search_path',
  [t.ROLE]: 'role',
  [t.XML]: 'xmloption',
}

/** `SET name` of these is `SET TRANSACTION` in other words. */
const TRANSACTION_SETTINGS: ReadonlySet<string> = new Set([
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
])

/** The parameter's name at the current token, its parts joined by dots. */
function readName(reader: StatementReader): string {
  const { token } = reader
  const name = reader.readName()
  return SPELT_OUT[token] ?? name
}

function set(reader: StatementReader, at: number, name: string): void {
  const { finding } = reader
  if (TRANSACTION_SETTINGS.has(name)) return setTransaction(reader, at)
  let isDefault = false
  let isSerializable = false
  for (; !reader.isOver; reader.next()) {
    if (reader.token === t.DEFAULT) isDefault = true
    if (saysSerializable(reader)) isSerializable = true
  }
  if (isDefault) return reset(reader, at, name)
  finding.effect({ kind: 'set', name })
  if (name === 'default_transaction_isolation' && isSerializable) keepOnPrimary(reader, at)
  else finding.decide(SETTING, 'setting', at, name)
}

function saysSerializable(reader: StatementReader): boolean {
  if (reader.token !== t.STRING) return reader.token === t.SERIALIZABLE
  const { text, start, end } = reader.scanner
  return plainString(text, start, end)?.toLowerCase() === 'serializable'
}

/** A hot standby refuses every statement of a session whose transactions are serializable. */
function keepOnPrimary(reader: StatementReader, at: number): void {
  reader.finding.effect({ kind: 'needs-connection' })
  reader.finding.decide(SESSION, 'serializable', at)
}

/** `SET SESSION CHARACTERISTICS AS TRANSACTION ...` sets the defaults of transactions to come. */
function setCharacteristics(reader: StatementReader, at: number): void {
  const { finding } = reader
  const { serializable } = readModes(reader)
  finding.effect({ kind: 'set', name: 'session characteristics' })
  if (serializable) keepOnPrimary(reader, at)
  else finding.decide(SETTING, 'setting', at, 'session characteristics')
}

function reset(reader: StatementReader, at: number, name: string | undefined): void {
  reader.finding.effect({ kind: 'reset', name })
  reader.finding.decide(SETTING, 'setting', at, name)
  reader.skip()
}

function setTransaction(reader: StatementReader, at: number): void {
  reader.finding.effect({ kind: 'set-transaction' })
  control(reader, at, 'transaction')
}

/** `SET LOCAL` and `SET CONSTRAINTS` end with the transaction; outside one they do nothing. */
function setLocal(reader: StatementReader, at: number): void {
  control(reader, at, 'set-local')
}

function control(reader: StatementReader, at: number, reason: 'transaction' | 'set-local'): void {
  if (!reader.finding.isInReadOnlyTransaction) reader.finding.decide(SESSION, reason, at)
  reader.skip()
}
