import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quoteLargeNumbers } from '../../../src/replication/postgresql/sql/json-rows.js'
import { readPsqlError } from '../../../src/replication/postgresql/sql/psql-error.js'

const SOCKET = 'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: '

const SAID: readonly [string, { code: string | undefined; message: string; detail?: string; hint?: string }][] = [
  [
    'psql:<stdin>:1: ERROR:  42P01: relation "x" does not exist\nLINE 1: ...\n          ^\nLOCATION:  parserOpenTable, p.c:1\n',
    { code: '42P01', message: 'relation "x" does not exist' },
  ],
  [
    'NOTICE:  00000: by the way\npsql:<stdin>:7: FEHLER:  23505: doppelt\nDETAIL:  (n)=(1)\nHINT:  weg damit\n',
    { code: '23505', message: 'doppelt', detail: '(n)=(1)', hint: 'weg damit' },
  ],
  [
    'psql:<stdin>:2: FATAL:  57P01: terminating connection due to administrator command\nserver closed the connection\n',
    { code: '57P01', message: 'terminating connection due to administrator command' },
  ],
  [
    `${SOCKET}FATAL:  the database system is starting up\n`,
    { code: '57P03', message: `${SOCKET.slice(13)}FATAL:  the database system is starting up` },
  ],
  [`${SOCKET}Connection refused\n`, { code: 'ECONNREFUSED', message: `${SOCKET.slice(13)}Connection refused` }],
  [
    'bash: /usr/lib/postgresql/15/bin/psql: No such file\n',
    { code: undefined, message: 'bash: /usr/lib/postgresql/15/bin/psql: No such file' },
  ],
  ['', { code: undefined, message: 'psql ended without a word' }],
]
for (const [said, { code, message, detail, hint }] of SAID) {
  test(`psql says: ${JSON.stringify(said.slice(0, 90))}`, () => {
    const error = readPsqlError(said)
    assert.deepEqual([error.code, error.message, error.detail, error.hint], [code, message, detail, hint])
  })
}

test('only numbers that a number does not hold become text', () => {
  const json = String.raw`{"id":7351234567890123456,"n":-9007199254740993,"small":42,"f":1234567890123456.5,"t":"a \" 1234567890123456789"}`
  assert.deepEqual(JSON.parse(quoteLargeNumbers(json)), {
    id: '7351234567890123456',
    n: '-9007199254740993',
    small: 42,
    f: 1234567890123456.5,
    t: 'a " 1234567890123456789',
  })
})
