import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isMap, isNode, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { OperationError } from '../errors.js'
import { parseConfig } from './cluster-config.js'

/** Adds a node to a `sluice.yaml`. @throws {OperationError} it is there, or the file is written in another way than ours. */
export function addToFile(file: string, name: string, its: Readonly<Record<string, string | undefined>>): void {
  change(file, (text) => {
    const { items } = nodesIn(text, file)
    if (items.some((it) => nameOf(it) === name)) {
      throw new OperationError('add', `${name} is in ${file} already`, { hint: 'sluice up brings it up' })
    }
    const last = items.at(-1) as Pair
    const indent = ' '.repeat(startOf(items[0] as Pair) - lineAt(text, startOf(items[0] as Pair)))
    const lines = Object.entries(its).flatMap(([key, value]) =>
      value === undefined ? [] : [`${indent}  ${key}: ${value}\n`],
    )
    return spliced(text, endOf(last), endOf(last), `${indent}${name}:\n${lines.join('')}`)
  })
}

/** @throws {OperationError} the file is written in another way than ours. */
export function removeFromFile(file: string, name: string): void {
  change(file, (text) => {
    const pair = nodesIn(text, file).items.find((it) => nameOf(it) === name)
    return pair === undefined ? text : spliced(text, lineAt(text, startOf(pair)), endOf(pair), '')
  })
}

/** A word at the top. */
export function setInFile(file: string, key: string, value: string): void {
  change(file, (text) => {
    const top = parseDocument(text).contents
    const pair = isMap(top) ? top.items.find((it) => nameOf(it) === key) : undefined
    if (pair !== undefined) return spliced(text, lineAt(text, startOf(pair)), endOf(pair), `${key}: ${value}\n`)
    return `${text.endsWith('\n') ? text : `${text}\n`}\n${key}: ${value}\n`
  })
}

/** Whole or not at all, and only to what can be read again. All else stays as it was written, its comments too. */
function change(file: string, how: (text: string) => string): void {
  const text = how(readFileSync(file, 'utf8'))
  parseConfig(text, dirname(resolve(file)))
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

function nodesIn(text: string, file: string): YAMLMap {
  const nodes = parseDocument(text).get('nodes')
  if (isMap(nodes) && nodes.flow !== true && nodes.items.length > 0) return nodes
  throw new OperationError('change the file', `nodes of ${file} do not stand on lines of their own`, {
    hint: 'change it by hand, then sluice up',
  })
}

function nameOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : key
}

function startOf({ key }: Pair): number {
  return isNode(key) ? (key.range?.[0] ?? 0) : 0
}

/** Behind its last line. */
function endOf({ key, value }: Pair): number {
  const last = isNode(value) ? value : key
  return isNode(last) ? (last.range?.[2] ?? 0) : 0
}

function lineAt(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

function spliced(text: string, from: number, to: number, put: string): string {
  const before = text.slice(0, from)
  return `${before === '' || before.endsWith('\n') ? before : `${before}\n`}${put}${text.slice(to)}`
}
