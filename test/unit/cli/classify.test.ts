import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ClassifyOptions, type ExitCode, runClassify } from '../../../src/cli/classify/run.js'
import { type ScriptItem, ScriptReader } from '../../../src/cli/classify/script-reader.js'

const OPTIONS: ClassifyOptions = {
  json: false,
  jsonl: false,
  summary: false,
  standardConformingStrings: true,
  readFunctions: [],
  primaryTables: [],
  writeFunctions: [],
}

interface Ran {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

async function run(input: string | readonly string[], options: Partial<ClassifyOptions> = {}): Promise<Ran> {
  let out = ''
  let err = ''
  const pieces = typeof input === 'string' ? [input] : input
  async function* stream(): AsyncGenerator<string> {
    yield* pieces
  }
  const code = await runClassify(
    { ...OPTIONS, ...options },
    {
      input: stream(),
      out: {
        write: async (text) => {
          out += text
        },
      },
      err: {
        write: (text) => {
          err += text
        },
      },
    },
  )
  return { code, out, err }
}

const rows = (out: string) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('each statement gets a line: route, intent, reason, and itself', async () => {
  const { out } = await run("select 1; insert into t\nvalues (1); select nextval('s')")
  assert.deepEqual(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
    [
      ['replica', 'read', 'plain-read', 'select 1'],
      ['primary', 'write', 'write', 'insert into t values (1)'],
      ['primary', 'write', 'primary-function (nextval)', "select nextval('s')"],
    ],
  )
})

test('--json prints one object a line, with the names that were promised', async () => {
  const { out, code } = await run('set a.b = 1;\nselect f(1);\n select 1', { json: true })
  assert.equal(code, 0)
  assert.deepEqual(rows(out), [
    { sql: 'set a.b = 1', intent: 'session', route: 'all', reason: 'setting', detail: 'a.b', at: 0 },
    { sql: 'select f(1)', intent: 'write', route: 'primary', reason: 'unknown-function', detail: 'f', at: 0 },
    { sql: 'select 1', intent: 'read', route: 'replica', reason: 'plain-read', at: 0 },
  ])
})

test('functions can be named on the command line', async () => {
  const { out } = await run('select f(1); select g(1)', { json: true, readFunctions: ['f'], writeFunctions: ['g'] })
  assert.deepEqual(
    rows(out).map(({ route, reason }) => [route, reason]),
    [
      ['replica', 'plain-read'],
      ['primary', 'write-function'],
    ],
  )
})

test('a hint in the text decides the route, and the intent stays what it is', async () => {
  const { out } = await run('/* sluice: primary */ select 1; /* sluice: node=db-2 */ select 2', { json: true })
  assert.deepEqual(
    rows(out).map(({ intent, route, reason, detail }) => [intent, route, reason, detail]),
    [
      ['read', 'primary', 'hint', 'primary'],
      ['read', 'replica', 'hint', 'node=db-2'],
    ],
  )
})

test('--jsonl takes each line as one text, however many statements it holds', async () => {
  const { out } = await run('"select 1"\n\n"begin; select 1"\r\n"select \'a;b\'\\n"', { json: true, jsonl: true })
  assert.deepEqual(
    rows(out).map(({ sql, route }) => [sql, route]),
    [
      ['select 1', 'replica'],
      ['begin; select 1', 'primary'],
      ["select 'a;b'\n", 'replica'],
    ],
  )
})

test('a line of --jsonl that is no JSON string ends the run with its number and what it is', async () => {
  for (const [line, complaint] of [
    ['{"a":1}', /line 2 is not a JSON string but a value of type object\n$/],
    ['["select 1"]', /line 2 is not a JSON string but an array\n$/],
    ['null', /line 2 is not a JSON string but null\n$/],
    ['select 1', /line 2 is not JSON: /],
  ] as const) {
    const { code, err, out } = await run(`"select 0"\n${line}\n"select 2"`, { jsonl: true })
    assert.equal(code, 1)
    assert.match(err, complaint)
    assert.equal(out.split('\n').length, 2)
  }
})

test('--summary totals by route and reason, the greatest first', async () => {
  const { out } = await run('select 1; select 2; delete from t; select 3', { summary: true })
  assert.match(out, /^ +3 +75\.0% +replica +plain-read/)
  assert.match(out, /\n +1 +25\.0% +primary +write /)
  assert.match(out, /\n +4 +100\.0% +statements; 75\.0% may run on a replica\n$/)
})

test('--summary --json totals as one object a line', async () => {
  const { out } = await run('select 1; select 2; delete from t', { summary: true, json: true })
  assert.deepEqual(rows(out), [
    { route: 'replica', reason: 'plain-read', count: 2, share: 0.6667 },
    { route: 'primary', reason: 'write', count: 1, share: 0.3333 },
  ])
})

test('an empty input is classified at once', async () => {
  for (const input of ['', ' \n', '-- nothing\n', ';;']) {
    assert.deepEqual(await run(input), { code: 0, out: '', err: '' })
    assert.equal((await run(input, { jsonl: true })).code, input.trim() === '' ? 0 : 1)
  }
  assert.match((await run('', { summary: true })).out, /0 +0\.0% +statements; 0\.0%/)
})

test('what is skipped or shown cannot act on a terminal, and is cut where it gets long', async () => {
  const { err } = await run(`\\echo \u001b]0;title\u0007 \u009b2J${'x'.repeat(1000)}\n`)
  const { out } = await run('select \u009b2J, \u001b[2J from t')

  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.doesNotMatch(err.trimEnd() + out.trimEnd(), /[\u0000-\u001f\u007f-\u009f]/)
  assert.ok(err.length < 130, err)
})

test('commands of psql are skipped with a note that names their line', async () => {
  const { out, err } = await run('\\set x 1\nselect 1 \\gexec\n\\connect other\nselect 2;', { json: true })
  assert.deepEqual(
    rows(out).map(({ sql }) => sql),
    ['select 1', 'select 2'],
  )
  assert.equal(
    err,
    [
      'sluice classify: line 1: skipped \\set x 1\n',
      'sluice classify: line 2: skipped \\gexec\n',
      'sluice classify: line 3: skipped \\connect other\n',
    ].join(''),
  )
})

test('a statement on the screen is one line that cannot act on the terminal', async () => {
  const { out } = await run(`select '\u001b[2J\u0007', 1\r\n, '${'x'.repeat(200)}'`)
  assert.equal(out.trimEnd().split('\n').length, 1)
  const control = [...out].filter((it) => it < ' ' && it !== '\n')
  assert.deepEqual(control, [])
  assert.ok(out.length < 140)
})

test('progress is told now and then', async () => {
  const counts: number[] = []
  async function* stream(): AsyncGenerator<string> {
    for (let i = 0; i < 25; i++) yield 'select 1;'.repeat(1000)
  }
  const streams = { input: stream(), out: { write: async () => undefined }, err: { write: () => undefined } }
  await runClassify({ ...OPTIONS, summary: true }, { ...streams, progress: (count) => counts.push(count) })
  assert.deepEqual(counts, [10_000, 20_000])
})

test('with backslash escapes, a quote behind a backslash does not end a string', async () => {
  const script = "select '\\'; delete from t; --'"
  assert.equal(rows((await run(script, { json: true })).out).length, 2)
  const text = JSON.stringify(script)
  const found = rows((await run(text, { json: true, jsonl: true, standardConformingStrings: false })).out)
  assert.equal(found[0]?.['reason'], 'plain-read')
})

const SCRIPT = `-- a script
select 1; select 'a;b', $$;$$, "c;d" /* ; */;
create function f() returns int begin atomic select 1; select case when true then 1 end; end;
create rule r as on insert to t do (delete from u; select 1);
COPY t (a) FROM stdin;
1;2
\\.x
'
\\.
select E'\\\\'; -- over
\\echo done; select 9
update t set a = '
multi ; line
';
select 2`

const STATEMENTS: readonly (readonly [number, string])[] = [
  [1, '-- a script\nselect 1'],
  [2, `select 'a;b', $$;$$, "c;d" /* ; */`],
  [3, 'create function f() returns int begin atomic select 1; select case when true then 1 end; end'],
  [4, 'create rule r as on insert to t do (delete from u; select 1)'],
  [5, 'COPY t (a) FROM stdin'],
  [10, "select E'\\\\'"],
  [12, "update t set a = '\nmulti ; line\n'"],
  [15, 'select 2'],
]

function read(pieces: readonly string[]): readonly ScriptItem[] {
  const reader = new ScriptReader()
  return [...pieces.flatMap((piece) => [...reader.read(piece)]), ...reader.end()]
}

test('a script is cut where psql cuts it, and each statement knows its line', () => {
  const found = read([SCRIPT]).filter((it) => it.kind === 'statement')
  assert.deepEqual(
    found.map(({ line, text }) => [line, text]),
    STATEMENTS,
  )
})

test('it makes no difference into how many pieces the input comes', () => {
  const script = SCRIPT.repeat(40)
  const whole = read([script])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const pieces: string[] = []
      for (let at = 0, i = 0; at < script.length; i++) {
        const size = sizes[i % sizes.length] as number
        pieces.push(script.slice(at, at + size))
        at += size
      }
      assert.deepEqual(read(pieces), whole)
    }),
    { seed: 1, numRuns: 30 },
  )
})

test('a script is read as it comes: what is complete does not wait for the end', () => {
  const reader = new ScriptReader()
  assert.equal([...reader.read('select 1;\n'.repeat(10_000))].length, 10_000)
})

test('one statement of ten megabytes, in small pieces, is read twice at most', () => {
  const reader = new ScriptReader()
  let found = 0
  for (let i = 0; i < 10_000; i++) found += [...reader.read(`(${i}, '${'x'.repeat(1000)}'),\n`)].length
  assert.equal(found, 0)
  assert.equal([...reader.end()].length, 1)
})

test('a character that is not SQL spoils its own statement only', async () => {
  const { out } = await run('select {1}; select 2;', { json: true })
  assert.deepEqual(
    rows(out).map(({ reason }) => reason),
    ['not-classified', 'plain-read'],
  )
})

test('what never ends is one statement, and not classified', async () => {
  const { out } = await run("select 1; select 'a; select 2;", { json: true })
  assert.deepEqual(
    rows(out).map(({ sql, reason }) => [sql, reason]),
    [
      ['select 1', 'plain-read'],
      ["select 'a; select 2;", 'not-classified'],
    ],
  )
})
