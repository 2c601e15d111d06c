import type { Group } from './case.js'
import { FUNCTIONS } from './functions.js'
import { LEXICAL } from './lexical.js'
import { READS } from './reads.js'
import { SESSIONS } from './session.js'
import { WRITES } from './writes.js'

export const GROUPS: readonly Group[] = [...READS, ...LEXICAL, ...WRITES, ...FUNCTIONS, ...SESSIONS]
