import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { makeProgram } from '../../src/cli/program.js'
import { pageOf, pages } from './markdown.js'

const program = makeProgram(() => undefined)

/** What is wrong with the calls of `sluice` in a page: in examples, and where they stand in backquotes. */
function problemsIn({ file, text }: { readonly file: string; readonly text: string }): readonly string[] {
  return [...text.matchAll(/(?:^|[`(]|npx )sluice ([a-z]+)([^`\n#|)]*)/gm)].flatMap(([, name = '', rest = '']) =>
    problemsOf(name, rest.trim().split(/\s+/)).map((it) => `${file}: sluice ${name}: ${it}`),
  )
}

function problemsOf(name: string, args: readonly string[]): readonly string[] {
  const command = program.commands.find((it) => it.name() === name)
  if (command === undefined) return ['no such command']
  const options = args.filter((it) => /^--?[a-z]/.test(it)).map((it) => it.replace(/=.*/, ''))
  return options.filter((it) => !hasOption(command, it)).map((it) => `no option ${it}`)
}

function hasOption(command: Command, flag: string): boolean {
  return flag === '--help' || command.options.some((it) => it.long === flag || it.short === flag)
}

const WRONG = '# Wrong\n\n`sluice upp` and `sluice up --lokal 3`\n'

test('every call of sluice in the documents is of a command and of options that there are', () => {
  assert.deepEqual(pages().flatMap(problemsIn), [])
  assert.deepEqual(problemsIn(pageOf('wrong.md', WRONG)), [
    'wrong.md: sluice upp: no such command',
    'wrong.md: sluice up: no option --lokal',
  ])
})

test('every command is in the documents', () => {
  const text = pages()
    .map((page) => page.text)
    .join('\n')
  for (const command of program.commands) {
    assert.ok(text.includes(`sluice ${command.name()}`), command.name())
  }
})
