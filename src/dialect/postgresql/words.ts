import { KEYWORDS, keyword } from './keywords.js'

/** The numbers of the keywords that the classifier compares. */
export const ALL = keyword('all')
export const ANALYSE = keyword('analyse')
export const ANALYZE = keyword('analyze')
export const AND = keyword('and')
export const AS = keyword('as')
export const ATOMIC = keyword('atomic')
export const AUTHORIZATION = keyword('authorization')
export const BEGIN = keyword('begin')
export const CASE = keyword('case')
export const CHAIN = keyword('chain')
export const CHARACTERISTICS = keyword('characteristics')
export const CONSTRAINTS = keyword('constraints')
export const CURSOR = keyword('cursor')
export const DELETE = keyword('delete')
export const DISTINCT = keyword('distinct')
export const END_WORD = keyword('end')
export const EXECUTE = keyword('execute')
export const EXPLAIN = keyword('explain')
export const FALSE = keyword('false')
export const FETCH = keyword('fetch')
export const FOR = keyword('for')
export const FROM = keyword('from')
export const GLOBAL = keyword('global')
export const HOLD = keyword('hold')
export const INSERT = keyword('insert')
export const INTO = keyword('into')
export const JOIN = keyword('join')
export const KEY = keyword('key')
export const LATERAL = keyword('lateral')
export const LOCAL = keyword('local')
export const MERGE = keyword('merge')
export const NAMES = keyword('names')
export const NO = keyword('no')
export const OFF = keyword('off')
export const ON = keyword('on')
export const ONLY = keyword('only')
export const OR = keyword('or')
export const ORDINALITY = keyword('ordinality')
export const PLANS = keyword('plans')
export const PREPARE = keyword('prepare')
export const PREPARED = keyword('prepared')
export const PROGRAM = keyword('program')
export const READ_WORD = keyword('read')
export const RECURSIVE = keyword('recursive')
export const REPLACE = keyword('replace')
export const ROLE = keyword('role')
export const SCHEMA = keyword('schema')
export const SELECT = keyword('select')
export const SEQUENCES = keyword('sequences')
export const SERIALIZABLE = keyword('serializable')
export const SESSION_WORD = keyword('session')
export const SET = keyword('set')
export const SHARE = keyword('share')
export const STDOUT = keyword('stdout')
export const STDIN = keyword('stdin')
export const TABLE = keyword('table')
export const TABLESAMPLE = keyword('tablesample')
export const TEMP = keyword('temp')
export const TEMPORARY = keyword('temporary')
export const TIME = keyword('time')
export const TO = keyword('to')
export const TRANSACTION = keyword('transaction')
export const TRUE = keyword('true')
export const UPDATE = keyword('update')
export const USING = keyword('using')
export const VALUES = keyword('values')
export const VERBOSE = keyword('verbose')
export const WITH = keyword('with')
export const WORK = keyword('work')
export const WRITE_WORD = keyword('write')
export const XML = keyword('xml')

function table(words: string): Uint8Array {
  const flags = new Uint8Array(KEYWORDS.length)
  for (const word of words.split(' ')) flags[keyword(word)] = 1
  return flags
}

/** Keywords that may stand before a parenthesis without calling a function of that name. */
export const NEVER_A_FUNCTION = table(
  'select values table with from into for to group having order limit offset window union intersect except on join ' +
    'using lateral case or and not in exists any some all distinct by over filter within then else when end like ' +
    'ilike similar between array row cast coalesce nullif greatest least extract overlay position substring trim ' +
    'treat normalize grouping rollup cube sets xmlelement xmlforest xmlattributes xmlconcat xmlexists xmlparse xmlpi ' +
    'xmlroot xmlserialize xmltable xmlnamespaces json json_array json_arrayagg json_exists json_object json_objectagg ' +
    'json_query json_scalar json_serialize json_table json_value columns varchar char character numeric decimal dec ' +
    'float bit time timestamp interval varying nchar second materialized recursive only passing operator escape ' +
    'collate returning is isnull notnull variadic symmetric asymmetric where as fetch overlaps key setof natural ' +
    'precision merge_action explain analyze analyse verbose default cross inner repeatable zone partition',
)

/** Keywords that end a list of relations. */
export const ENDS_FROM = table('where group having order limit offset window union intersect except for on using set')

/** Keywords that cannot be the name of a table, so that `UPDATE` before one of them is not a statement. */
export const RESERVED = table(
  'where group having order limit offset window union intersect except for on using join left right inner full cross ' +
    'natural and or as in is not then else when end from into select with',
)
