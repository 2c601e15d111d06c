import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const REPOSITORY = join(import.meta.dirname, '../..')

/** One fenced block of code. */
export interface Block {
  readonly file: string
  /** Of the first line of code, counted from 1. */
  readonly line: number
  readonly language: string
  /** The words after the language, such as `run`. */
  readonly words: readonly string[]
  readonly text: string
  /** The block right after it, if that is marked `text output`. */
  readonly output: string | undefined
}

export interface Page {
  readonly file: string
  readonly text: string
  readonly blocks: readonly Block[]
  /** Targets of its links, without those to the outside. */
  readonly links: readonly string[]
  /** Its headings, as they appear in the part of an address after `#`. */
  readonly anchors: ReadonlySet<string>
}

/** Every document of the repository: those of its root, and docs/. */
export function pages(): readonly Page[] {
  const root = readdirSync(REPOSITORY).filter((name) => name.endsWith('.md'))
  const docs = readdirSync(join(REPOSITORY, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
  return [...root, ...docs].sort().map((file) => pageOf(file, readFileSync(join(REPOSITORY, file), 'utf8')))
}

export function pageOf(file: string, text: string): Page {
  const { blocks, prose } = split(file, text)
  const links = [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map((found) => found[1]!)
  const headings = [...prose.matchAll(/^#{1,6} +(.+)$/gm)].map((found) => anchorOf(found[1]!))
  return { file, text, blocks, links: links.filter((it) => !/^[a-z]+:/.test(it)), anchors: new Set(headings) }
}

function split(file: string, text: string): { readonly blocks: readonly Block[]; readonly prose: string } {
  const blocks: Block[] = []
  const prose: string[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const [, indent, mark] = /^( *)```(.*)$/.exec(lines[at]!) ?? []
    if (indent === undefined || mark === undefined) {
      prose.push(lines[at]!)
      continue
    }
    const end = lines.indexOf(`${indent}\`\`\``, at + 1)
    if (end < 0) throw new Error(`${file}:${at + 1}: this block does not end`)
    const [language = '', ...words] = mark.trim().split(/\s+/)
    const code = lines.slice(at + 1, end).map((line) => line.slice(indent.length))
    blocks.push({ file, line: at + 2, language, words, text: code.join('\n'), output: undefined })
    at = end
  }
  return { blocks: withOutputs(blocks), prose: prose.join('\n') }
}

function withOutputs(blocks: readonly Block[]): readonly Block[] {
  return blocks.map((block, at) => {
    const next = blocks[at + 1]
    return next?.language === 'text' && next.words.includes('output') ? { ...block, output: next.text } : block
  })
}

/** As the places that show Markdown do it: lower case, no punctuation, hyphens for spaces. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}
