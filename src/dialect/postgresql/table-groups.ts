import type { Tables } from '../../model/tables.js'

/** A row of `TABLES_QUERY`. Objects are told apart by their numbers, as text. */
interface TableRow {
  readonly kind: 'relation' | 'inherits' | 'reads' | 'cascades'
  readonly one: string
  readonly other: string | null
  readonly schema: string | null
  readonly name: string | null
  readonly reads_hidden: boolean | null
  readonly writes_hidden: boolean | null
}

interface Relation {
  readonly full: string
  readonly name: string
  readonly readsHidden: boolean
  readonly writesHidden: boolean
}

/**
 * The answer to `TABLES_QUERY`, to be asked by name.
 *
 * A name without a schema stands for all of that name, because the session's search path is not known.
 */
export function tablesFrom(rows: readonly unknown[]): Tables {
  const graph = new Graph(rows as readonly TableRow[])
  const byName = new Map<string, string[]>()
  for (const [id, { full, name }] of graph.relations) {
    for (const key of [full, name]) byName.set(key, [...(byName.get(key) ?? []), id])
  }
  return {
    has: (name) => byName.has(name),
    reads: remembering((name) => united(byName.get(name), (id) => graph.reads(id))),
    inserts: remembering((name) => united(byName.get(name), (id) => graph.writes(id, 'itself'))),
    writes: remembering((name) => united(byName.get(name), (id) => graph.writes(id, 'cascading'))),
  }
}

type Answer = readonly string[] | undefined

function remembering(ask: (name: string) => Answer): (name: string) => Answer {
  const answers = new Map<string, Answer>()
  return (name) => {
    if (!answers.has(name)) answers.set(name, ask(name))
    return answers.get(name)
  }
}

/** All of them; `undefined` when there are none, or one is. */
function united(ids: readonly string[] | undefined, of: (id: string) => Answer): Answer {
  const all = new Set<string>()
  for (const id of ids ?? []) {
    const groups = of(id)
    if (groups === undefined) return undefined
    for (const group of groups) all.add(group)
  }
  return all.size === 0 ? undefined : [...all].sort()
}

class Graph {
  readonly relations = new Map<string, Relation>()
  /** Tables that inherit, or are partitions of, one another; read and written through each other. */
  readonly #family = new Map<string, string>()
  readonly #members = new Map<string, string[]>()
  readonly #bases = new Map<string, string[]>()
  readonly #cascades = new Map<string, string[]>()

  constructor(rows: readonly TableRow[]) {
    for (const row of rows) {
      if (row.kind !== 'relation') continue
      this.relations.set(row.one, {
        full: `${row.schema}.${row.name}`,
        name: row.name ?? '',
        readsHidden: row.reads_hidden !== false,
        writesHidden: row.writes_hidden !== false,
      })
    }
    for (const { kind, one, other } of rows) {
      if (kind === 'inherits' && other !== null) this.#unite(one, other)
      else if (kind === 'reads' && other !== null) this.#bases.set(one, [...(this.#bases.get(one) ?? []), other])
    }
    for (const id of this.relations.keys()) this.#join(this.#headOf(id), id)
    for (const { kind, one, other } of rows) {
      if (kind !== 'cascades' || other === null) continue
      const head = this.#headOf(one)
      this.#cascades.set(head, [...(this.#cascades.get(head) ?? []), this.#headOf(other)])
    }
  }

  /** A view reads what stands below it, however deep; a table itself, and its family. */
  reads(id: string): Answer {
    const groups = new Set<string>()
    for (const below of reached(id, (it) => this.#bases.get(it) ?? this.#members.get(this.#headOf(it)) ?? [])) {
      const relation = this.relations.get(below)
      if (relation === undefined || relation.readsHidden) return undefined
      if (!this.#bases.has(below)) groups.add(this.#groupOf(below))
    }
    return [...groups]
  }

  /** A table, its family, and, where it cascades, whatever refers to it in such a way that it is changed too. */
  writes(id: string, how: 'itself' | 'cascading'): Answer {
    const cascades = (head: string) => (how === 'cascading' ? (this.#cascades.get(head) ?? []) : [])
    const heads = reached(this.#headOf(id), cascades)
    const groups: string[] = []
    for (const head of heads) {
      for (const member of this.#members.get(head) ?? [head]) {
        const relation = this.relations.get(member)
        if (relation === undefined || relation.writesHidden) return undefined
      }
      groups.push(this.#groupOf(head))
    }
    return groups
  }

  #groupOf(id: string): string {
    const head = this.#headOf(id)
    return this.relations.get(head)?.full ?? head
  }

  #headOf(id: string): string {
    let head = id
    for (let up = this.#family.get(head); up !== undefined; up = this.#family.get(head)) head = up
    return head
  }

  #unite(parent: string, child: string): void {
    const [one, other] = [this.#headOf(parent), this.#headOf(child)]
    if (one !== other) this.#family.set(other, one)
  }

  #join(head: string, id: string): void {
    const members = this.#members.get(head)
    if (members === undefined) this.#members.set(head, [id])
    else members.push(id)
  }
}

/** All that can be reached from here, here included. Circles do no harm. */
function reached(from: string, next: (id: string) => readonly string[]): ReadonlySet<string> {
  const seen = new Set([from])
  for (const id of seen) for (const further of next(id)) seen.add(further)
  return seen
}
