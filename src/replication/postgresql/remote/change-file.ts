import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Document, parseDocument } from 'yaml'
import { OperationError } from '../errors.js'
import { parseConfig } from './cluster-config.js'

/** Adds a node to a `sluice.yaml`; all else in it stays as it was written. @throws {OperationError} it is there. */
export function addToFile(file: string, name: string, its: Readonly<Record<string, string | undefined>>): void {
  change(file, (document) => {
    if (document.hasIn(['nodes', name])) {
      throw new OperationError('add', `${name} is in ${file} already`, { hint: 'sluice up brings it up' })
    }
    const node = Object.fromEntries(Object.entries(its).filter(([, value]) => value !== undefined))
    document.setIn(['nodes', name], document.createNode(node))
  })
}

export function setInFile(file: string, key: string, value: unknown): void {
  change(file, (document) => document.set(key, value))
}

export function removeFromFile(file: string, name: string): void {
  change(file, (document) => document.deleteIn(['nodes', name]))
}

/** Whole or not at all, and only to what can be read again. */
function change(file: string, how: (document: Document) => void): void {
  const document = parseDocument(readFileSync(file, 'utf8')) as unknown as Document
  how(document)
  const text = document.toString()
  parseConfig(text, dirname(resolve(file)))
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}
