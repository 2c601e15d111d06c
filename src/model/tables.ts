/**
 * What reading and writing a relation touches, in groups: tables that the server may read or write together are one.
 *
 * Each answer is a list of groups, by the name of one of their tables; `undefined`: nobody can tell, which is everything.
 */
export interface Tables {
  /** Whether there is a relation of this name, with or without its schema. */
  has(name: string): boolean
  reads(name: string): readonly string[] | undefined
  /** Of rows that are new, and change none that are there. */
  inserts(name: string): readonly string[] | undefined
  /** Of any rows: others may refer to them, and change too. */
  writes(name: string): readonly string[] | undefined
}
