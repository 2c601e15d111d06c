/** The keywords that routing looks at. Everything else is a name to us. */
const WORDS = [
  'select values table with insert update delete merge explain copy begin start commit end rollback abort savepoint',
  'release prepare execute deallocate declare fetch move close listen unlisten notify set reset show discard create',
  'lock call do load transaction work session local global temp temporary unlogged read only write isolation level',
  'serializable deferrable and chain no prepared characteristics as authorization role time zone names schema xml',
  'constraints all to from into for share key of nowait skip locked recursive not materialized analyze analyse verbose',
  'stdin stdout program where group having order limit offset window union intersect except on join using lateral',
  'tablesample default case atomic function procedure or replace cursor hold plans sequences refresh returning on is',
  'in exists any some distinct by over filter within row array cast coalesce nullif greatest least extract overlay',
  'position substring trim treat normalize grouping rollup cube sets then when else like ilike similar between',
  'rows first next last absolute relative forward backward prior both leading trailing isnull notnull collate escape',
  'repeatable varchar char character numeric decimal dec float bit timestamp interval varying national nchar second',
  'xmlelement xmlforest xmlagg xmlattributes xmlconcat xmlexists xmlparse xmlpi xmlroot xmlserialize xmltable',
  'xmlnamespaces passing json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar',
  'json_serialize json_table json_value columns path nested keys overlaps ordinality merge_action operator off false',
  'cross inner left right full natural outer matched source target variadic symmetric asymmetric setof precision',
  'true exclude ties others preceding following current unbounded range groups partition object value text',
].join(' ')

/** Each keyword's number: its place here, from 1. 0 is any other word. */
export const KEYWORDS: readonly string[] = ['', ...new Set(WORDS.split(' '))]

export type Keyword = number

export const LONGEST_KEYWORD = Math.max(...KEYWORDS.map((word) => word.length))

const TABLE_SIZE = 4096
const slots = new Uint16Array(TABLE_SIZE)
for (let id = 1; id < KEYWORDS.length; id++) {
  let slot = hashOf(KEYWORDS[id] as string)
  while (slots[slot] !== 0) slot = (slot + 1) & (TABLE_SIZE - 1)
  slots[slot] = id
}

/** The number of a keyword, for the classifier's tables. @throws when it is not in the list above. */
export function keyword(word: string): Keyword {
  const id = KEYWORDS.indexOf(word)
  if (id < 1) throw new Error(`${word} is not in the list of keywords`)
  return id
}

/** One step of the hash over a word's characters, the same for both cases; begins with 0. */
export function hashStep(hash: number, code: number): number {
  return (Math.imul(hash, 31) + (code | 32)) | 0
}

/** The keyword that stands in `text` from `start` to `end`, whatever its case; 0 if none does. */
export function findKeyword(text: string, start: number, end: number, hash: number): Keyword {
  let slot = finish(hash)
  for (;;) {
    const id = slots[slot] as number
    if (id === 0 || isAt(KEYWORDS[id] as string, text, start, end)) return id
    slot = (slot + 1) & (TABLE_SIZE - 1)
  }
}

function isAt(word: string, text: string, start: number, end: number): boolean {
  if (word.length !== end - start) return false
  for (let i = 0; i < word.length; i++) {
    // Only words come here, and in a word setting this bit does nothing but lower a capital, or mark an underscore.
    if ((text.charCodeAt(start + i) | 32) !== (word.charCodeAt(i) | 32)) return false
  }
  return true
}

function hashOf(word: string): number {
  let hash = 0
  for (let i = 0; i < word.length; i++) hash = hashStep(hash, word.charCodeAt(i))
  return finish(hash)
}

function finish(hash: number): number {
  return (hash ^ (hash >>> 12) ^ (hash >>> 20)) & (TABLE_SIZE - 1)
}
