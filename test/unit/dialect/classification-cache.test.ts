import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClassificationCache, classificationCache } from '../../../src/dialect/postgresql/classification-cache.js'
import { classify } from '../../../src/dialect/postgresql/classify.js'

function counting(options: { maxTexts: number; maxBytes?: number }): {
  cache: ClassificationCache
  calls: () => number
} {
  let calls = 0
  const cache = classificationCache({
    ...options,
    classify: (text) => {
      calls++
      return classify(text)
    },
  })
  return { cache, calls: () => calls }
}

/** Twice: a text is remembered at its second coming. */
function teach(cache: ClassificationCache, text: string): void {
  cache.classify(text)
  cache.classify(text)
}

test('a text that comes again is classified twice, and never after', () => {
  const { cache, calls } = counting({ maxTexts: 10 })
  for (let i = 0; i < 10; i++) assert.equal(cache.classify('select 1').reason, 'plain-read')
  assert.equal(calls(), 2)
  assert.equal(cache.size, 1)
})

test('what is remembered is one object, shared by all', () => {
  const { cache } = counting({ maxTexts: 10 })
  teach(cache, 'select 1')
  assert.equal(cache.classify('select 1'), cache.classify('select 1'))
})

test('texts with values in them, each of which comes once, leave nothing and push out nothing', () => {
  const { cache, calls } = counting({ maxTexts: 100 })
  teach(cache, 'select body from notes where id = $1')
  for (let i = 0; i < 20_000; i++) cache.classify(`select body from notes where id = ${i}`)
  assert.ok(cache.size < 10, `${cache.size} remembered`)
  const before = calls()
  cache.classify('select body from notes where id = $1')
  assert.equal(calls(), before)
})

test('no more texts are remembered than allowed, whatever the number', () => {
  for (const maxTexts of [1, 2, 3, 7, 50]) {
    const { cache } = counting({ maxTexts })
    for (let i = 0; i < 500; i++) {
      teach(cache, `select ${i % 97}`)
      assert.ok(cache.size <= maxTexts, `${cache.size} of ${maxTexts}`)
    }
  }
})

test('no more bytes are remembered than allowed', () => {
  const { cache } = counting({ maxTexts: 1000, maxBytes: 100_000 })
  for (let i = 0; i < 500; i++) {
    teach(cache, `select '${'x'.repeat(i * 7)}'`)
    assert.ok(cache.bytes <= 100_000)
  }
  assert.ok(cache.size > 5)
})

test('a long text is never remembered', () => {
  const { cache, calls } = counting({ maxTexts: 10 })
  const long = `select '${'x'.repeat(20_000)}'`
  for (let i = 0; i < 5; i++) cache.classify(long)
  assert.equal(calls(), 5)
  assert.equal(cache.size, 0)
})

test('the half of the limit that was used last is still there', () => {
  const { cache, calls } = counting({ maxTexts: 100 })
  for (let i = 0; i < 1000; i++) teach(cache, `select ${i}`)
  const before = calls()
  for (let i = 951; i < 1000; i++) cache.classify(`select ${i}`)
  assert.equal(calls(), before)
})

test('what is asked for again and again survives any number of newcomers', () => {
  const { cache, calls } = counting({ maxTexts: 20 })
  teach(cache, 'select favourite')
  for (let i = 0; i < 1000; i++) {
    teach(cache, `select ${i}`)
    cache.classify('select favourite')
  }
  assert.equal(calls(), 2 + 2000)
})

test('a cleared memory begins anew', () => {
  const { cache, calls } = counting({ maxTexts: 10 })
  teach(cache, 'select 1')
  cache.clear()
  assert.deepEqual([cache.size, cache.bytes], [0, 0])
  cache.classify('select 1')
  assert.equal(calls(), 3)
})

test('a memory for no text at all works', () => {
  const { cache } = counting({ maxTexts: 0 })
  for (let i = 0; i < 3; i++) assert.equal(cache.classify('select 1').route, 'replica')
  assert.equal(cache.size, 0)
})
