import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from '../../consistency/check.js'
import type { History } from '../../consistency/operation.js'
import { appended, failedRead, history, listed, read, wrote } from './histories.js'

interface Case {
  readonly title: string
  readonly history: History
  /** Of `strong`; default: no such promise. */
  readonly freshWithinMs?: number
  readonly rules: readonly string[]
}

const [A, B] = [1, 2]

const CASES: readonly Case[] = [
  {
    title: 'a session that reads what it wrote is right',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), read(A, [3, 4], 1, 7)]),
    rules: [],
  },
  {
    title: 'a session that reads the register as it was before its own write is wrong',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), read(A, [3, 4], 0, 0)]),
    rules: ['read-your-writes'],
  },
  {
    title: 'a later version by another session stands for the own one',
    history: history([
      wrote(A, [1, 2], { value: 7, version: 1 }),
      wrote(B, [1, 3], { value: 8, version: 2 }),
      read(A, [4, 5], 2, 8),
    ]),
    rules: [],
  },
  {
    title: 'another session may not see the write yet',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), read(B, [3, 4], 0, 0)]),
    rules: [],
  },
  {
    title: 'another session that was promised the newest must see it',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), read(B, [3, 4], 0, 0)]),
    freshWithinMs: 0,
    rules: ['too-stale'],
  },
  {
    title: 'another session that was promised no more than 10 ms may miss what is 5 ms old',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), read(B, [7, 8], 0, 0)]),
    freshWithinMs: 10,
    rules: [],
  },
  {
    title: 'a list that misses what is older than was promised is too stale',
    history: history([appended(A, [1, 2], 7), listed(B, [13, 14])]),
    freshWithinMs: 10,
    rules: ['too-stale'],
  },
  {
    title: 'a read under way when the write was acknowledged may miss it',
    history: history([read(A, [1, 4], 0, 0), wrote(A, [1, 2], { value: 7, version: 1 })]),
    rules: [],
  },
  {
    title: 'a branch that reads must see what another branch had been told was written',
    history: history([
      wrote(A, [1, 2], { value: 7, version: 1 }),
      wrote(A, [1, 9], { value: 8, version: 2 }),
      read(A, [3, 4], 0, 0),
    ]),
    rules: ['read-your-writes'],
  },
  {
    title: 'a read that failed shows nothing wrong',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), failedRead(A, [3, 4])]),
    rules: [],
  },
  {
    title: 'a session that goes back in time is wrong',
    history: history([wrote(B, [1, 2], { value: 7, version: 1 }), read(A, [3, 4], 1, 7), read(A, [5, 6], 0, 0)]),
    rules: ['monotonic-reads'],
  },
  {
    title: 'two sessions may see the register at different times',
    history: history([wrote(B, [1, 2], { value: 7, version: 1 }), read(A, [3, 4], 1, 7), read(B + 1, [5, 6], 0, 0)]),
    rules: [],
  },
  {
    title: 'two reads at once may see the register in either order',
    history: history([wrote(B, [1, 2], { value: 7, version: 1 }), read(A, [3, 6], 1, 7), read(A, [4, 5], 0, 0)]),
    rules: [],
  },
  {
    title: 'a write of unknown outcome need not be seen',
    history: history([wrote(A, [1, 2], { value: 7, outcome: 'unknown' }), read(A, [3, 4], 0, 0)]),
    rules: [],
  },
  {
    title: 'a write of unknown outcome that was seen stays seen',
    history: history(
      [wrote(A, [1, 2], { value: 7, outcome: 'unknown' }), read(A, [3, 4], 1, 7), read(A, [5, 6], 0, 0)],
      { registers: new Map([['register 1', [{ version: 1, value: 7 }]]]) },
    ),
    rules: ['monotonic-reads'],
  },
  {
    title: 'a write that never ended may be seen',
    history: history([appended(A, [1, Infinity], 7, 'unknown'), listed(A, [3, 4], 7), listed(B, [3, 4])]),
    rules: [],
  },
  {
    title: 'a list shows what the session appended, and what others did',
    history: history([appended(A, [1, 2], 7), appended(B, [1, 2], 8), listed(A, [3, 4], 8, 7)]),
    rules: [],
  },
  {
    title: 'a list without what the session appended is wrong',
    history: history([appended(A, [1, 2], 7), appended(B, [1, 2], 8), listed(A, [3, 4], 8)]),
    rules: ['read-your-writes'],
  },
  {
    title: 'an element that the session saw and then does not is wrong, whoever appended it',
    history: history([appended(A, [1, 2], 7), appended(B, [1, 2], 8), listed(A, [3, 4], 7, 8), listed(A, [5, 6], 7)]),
    rules: ['monotonic-reads'],
  },
  {
    title: 'an element shown twice was appended twice',
    history: history([appended(A, [1, 2], 7), listed(A, [3, 4], 7, 7)]),
    rules: ['executed-twice'],
  },
  {
    title: 'an element that the primary holds twice was appended twice, though nobody saw it',
    history: history([appended(A, [1, 2], 7)], { lists: new Map([['list 1', [7, 7]]]) }),
    rules: ['executed-twice'],
  },
  {
    title: 'a value with two versions was written twice',
    history: history([wrote(A, [1, 2], { value: 7, version: 2 })], {
      registers: new Map([
        [
          'register 1',
          [
            { version: 1, value: 7 },
            { version: 2, value: 7 },
          ],
        ],
      ]),
    }),
    rules: ['executed-twice'],
  },
  {
    title: 'a value that nobody wrote is wrong',
    history: history([listed(A, [1, 2], 99)], { lists: new Map([['list 1', [99]]]) }),
    rules: ['unwritten-value'],
  },
  {
    title: 'a value of another register is wrong',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), read(A, [3, 4], 1, 7, 'register 2')], {
      registers: new Map([
        ['register 1', [{ version: 1, value: 7 }]],
        ['register 2', [{ version: 1, value: 7 }]],
      ]),
    }),
    rules: ['unwritten-value'],
  },
  {
    title: 'a value under another version than its own is wrong',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), read(B, [3, 4], 2, 7)]),
    rules: ['unwritten-value'],
  },
  {
    title: 'a value seen before anybody began to write it is wrong',
    history: history([listed(A, [1, 2], 7), appended(B, [3, 4], 7)]),
    rules: ['unwritten-value'],
  },
  {
    title: 'a write that was reported as not done is not seen',
    history: history([appended(A, [1, 2], 7, 'failed'), listed(A, [3, 4])]),
    rules: [],
  },
  {
    title: 'a write that was reported as not done and is seen all the same is wrong',
    history: history([appended(A, [1, 2], 7, 'failed'), listed(B, [3, 4], 7)], { lists: new Map([['list 1', [7]]]) }),
    rules: ['undone-write-seen', 'undone-write-seen'],
  },
  {
    title: 'an acknowledged element that the primary does not hold is lost',
    history: history([appended(A, [1, 2], 7)], { lists: new Map() }),
    rules: ['lost-write'],
  },
  {
    title: 'an acknowledged version that the primary gave to another value is lost',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), wrote(B, [3, 4], { value: 8, version: 1 })], {
      registers: new Map([['register 1', [{ version: 1, value: 8 }]]]),
    }),
    rules: ['lost-write'],
  },
  {
    title: 'an acknowledged value that was overwritten is not lost',
    history: history([wrote(A, [1, 2], { value: 7, version: 1 }), wrote(B, [3, 4], { value: 8, version: 2 })]),
    rules: [],
  },
  {
    title: 'a write of unknown outcome may be gone at the end if nobody saw it',
    history: history([appended(A, [1, 2], 7, 'unknown')], { lists: new Map() }),
    rules: [],
  },
  {
    title: 'a value that somebody saw and that is gone at the end has vanished, told once',
    history: history([appended(A, [1, 2], 7, 'unknown'), listed(B, [3, 4], 7), listed(B, [5, 6], 7)], {
      lists: new Map(),
    }),
    rules: ['vanished-value'],
  },
]

for (const { title, history, freshWithinMs, rules } of CASES) {
  test(title, () => {
    const found = check(history, { freshWithinMs })
    assert.deepEqual(
      found.map((it) => it.rule),
      rules,
      found.map((it) => it.what).join('\n'),
    )
  })
}
