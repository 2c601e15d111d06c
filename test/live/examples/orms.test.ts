import assert from 'node:assert/strict'
import { test } from 'node:test'
import { removeFolder, startExample } from './example-process.js'

interface Chapter {
  readonly result: unknown
  readonly ranOn: Readonly<Record<string, number>>
}

for (const library of ['drizzle', 'kysely', 'prisma', 'typeorm']) {
  test(`the bookshop in ${library} sells what there is, and goes on without a replica and after a failover`, async () => {
    const example = startExample('orms', [library, '--json'])
    const { code, out, err } = await example.ended
    removeFolder(example)
    assert.equal(code, 0, err)
    const [added, ordered, last, killed, moved] = JSON.parse(out).chapters as Chapter[]
    assert.deepEqual(Object.keys(added!.ranOn), ['primary'])
    assert.deepEqual(ordered!.result, [
      { title: 'Persuasion', stock: 3, ordered: 0 },
      { title: 'Emma', stock: 3, ordered: 2 },
    ])
    assert.match(Object.keys(ordered!.ranOn).join(), /replica-\d/)
    assert.deepEqual([...(last!.result as string[])].sort(), ['ordered', 'sold out'])
    assert.equal(killed!.result, '40 of 40 saw it')
    assert.deepEqual(moved!.result, [
      { title: 'Persuasion', stock: 2, ordered: 1 },
      { title: 'Emma', stock: 0, ordered: 5 },
    ])
    assert.ok('replica-2' in moved!.ranOn, JSON.stringify(moved!.ranOn))
  })
}
