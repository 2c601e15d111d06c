import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Recorder } from '../../consistency/history.js'

const doing = { session: 1, object: 'list 1', how: 'query' } as const

test('an operation that began after another had ended is later, on a clock that stands still as well', () => {
  const recorder = new Recorder(() => 5)
  recorder.append(doing).end({ outcome: 'ok', node: 'primary' })
  recorder.readList(doing)({ seen: [1], node: 'replica-1' })
  const [append, read] = recorder.operations
  assert.ok((append?.endMs as number) < (read?.beginMs as number))
})

test('each write has a value that no other has', () => {
  const recorder = new Recorder()
  const values = [recorder.append(doing).value, recorder.writeRegister({ ...doing, object: 'register 1' }).value]
  assert.equal(new Set(values).size, 2)
})

test('a write that never ends is of unknown outcome', () => {
  const recorder = new Recorder()
  recorder.append(doing)
  const [append] = recorder.operations
  assert.deepEqual([append?.endMs, append?.kind === 'append' && append.outcome], [Infinity, 'unknown'])
  assert.equal(recorder.open, 1)
})

test('an operation ends once', () => {
  const recorder = new Recorder()
  const { end } = recorder.append(doing)
  end({ outcome: 'ok' })
  end({ outcome: 'failed' })
  const [append] = recorder.operations
  assert.equal(append?.kind === 'append' && append.outcome, 'ok')
  assert.equal(recorder.open, 0)
})

test('a read in a transaction begins when that began', () => {
  const recorder = new Recorder()
  const sinceMs = recorder.now()
  recorder.append(doing).end({ outcome: 'ok' })
  recorder.readList({ ...doing, how: 'transaction', sinceMs })({ seen: [] })
  assert.equal(recorder.operations[1]?.beginMs, sinceMs)
})
