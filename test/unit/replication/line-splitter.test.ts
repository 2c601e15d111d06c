import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineSplitter } from '../../../src/replication/postgresql/hosts/line-splitter.js'

function linesOf(chunks: readonly Buffer[]): readonly string[] {
  const lines: string[] = []
  const splitter = new LineSplitter((line) => lines.push(line))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return lines
}

test('lines are the same wherever the stream is cut, within a character too', () => {
  const bytes = Buffer.from('one\n\ntwo: ä漢🐘\r\nthe last')
  for (let at = 0; at <= bytes.length; at += 1) {
    assert.deepEqual(linesOf([bytes.subarray(0, at), bytes.subarray(at)]), ['one', '', 'two: ä漢🐘\r', 'the last'])
  }
})

test('a stream that ends with a line has no empty one after it', () => {
  assert.deepEqual(linesOf([Buffer.from('one\n')]), ['one'])
  assert.deepEqual(linesOf([]), [])
})
