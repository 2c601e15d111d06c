/**
 * What the scanner returns for one token: a small number, so that the classifier's loop compares numbers only.
 *
 * Punctuation and constants come first. A word that is a key word of interest has its own number; every other word
 * tells by its number how the grammar may use it. `keywords.ts` says which word is which.
 */

/** The text is over. */
export const END = 0
/** An identifier without quotes, or a key word that may stand wherever one may. */
export const IDENTIFIER = 1
export const QUOTED_IDENTIFIER = 2
/** `U&"..."`: its name may be written with escapes. */
export const UNICODE_IDENTIFIER = 3
/** A string of any kind: quoted, escaped, dollar-quoted, bits. */
export const STRING = 4
export const NUMBER = 5
/** `$1` */
export const PARAMETER = 6
export const OPERATOR = 7
export const OPEN = 8
export const CLOSE = 9
/** Made by the classifier: a `)` after which an operand follows, as in `a OPERATOR(pg_catalog.+) b`. */
export const CLOSE_BEFORE_OPERAND = 10
export const OPEN_BRACKET = 11
export const CLOSE_BRACKET = 12
export const COMMA = 13
export const SEMICOLON = 14
export const DOT = 15
/** `::` */
export const CAST = 16
export const COLON = 17
/** `:=` */
export const ASSIGN = 18
/** `=>` */
export const ARROW = 19
/** `..` */
export const DOT_DOT = 20
/** `=`: an operator like any other, but `SET a = 1` needs to know it. */
export const EQUALS = 21
/** What PostgreSQL's scanner refuses: an unterminated token, a stray character. The text ends here. */
export const BAD = 22

/** A reserved key word that nothing here asks about. */
export const RESERVED = 30
/** A reserved word that is a value, such as `null` or `current_user`. */
export const RESERVED_VALUE = 31
/** A key word that can name a column but not a function, such as `coalesce` or `varchar`. */
export const COLUMN_WORD = 32
/** A key word that can name a type or a function but not a column, such as `left`. */
export const TYPE_WORD = 33
/** `left`, `cross` and the like, which stand before JOIN; `left` and `right` are also functions. */
export const JOIN_WORD = 35
/** `isnull` and `notnull`, which stand behind an operand. */
export const POSTFIX_WORD = 36
/** A word that may be a name, or may introduce an expression: `ESCAPE f(x)`, `KEY 'a' VALUE f(x)`, `PASSING f(x)`. */
export const PREFIX_WORD = 34
/** The same at the beginning of a parenthesis: `(ROWS f(x) PRECEDING)`, `xmlparse(DOCUMENT f(x))`. */
export const LEADING_WORD = 37
/** The same behind a comma: `xmlroot(x, VERSION f(x))`. */
export const VERSION_WORD = 38

export const ABORT = 40
export const ALL = 41
export const ALTER = 42
export const ANALYZE = 43
export const AS = 44
export const ATOMIC = 45
export const BEGIN = 46
export const BETWEEN = 47
export const BY = 48
export const CALL = 49
export const CASE = 50
export const CHARACTERISTICS = 51
export const CHECKPOINT = 52
export const CLOSE_CURSOR = 53
export const CLUSTER = 54
export const COMMENT = 55
export const COMMIT = 56
export const COPY = 57
export const CREATE = 58
export const CURSOR = 59
export const DEALLOCATE = 60
export const DECLARE = 61
export const DEFAULT = 62
export const DELETE = 63
export const DISCARD = 64
export const DISTINCT = 65
export const DO = 66
export const DROP = 67
export const END_WORD = 68
export const EXCEPT = 69
export const EXECUTE = 70
export const EXPLAIN = 71
export const FETCH = 72
export const FOR = 73
export const FROM = 74
export const FUNCTION = 75
export const GRANT = 76
export const GROUP = 77
export const HAVING = 78
export const IMPORT = 79
export const INSERT = 80
export const INTERSECT = 81
export const INTO = 82
export const JOIN = 83
export const KEY = 84
export const LATERAL = 85
export const LIMIT = 86
export const LISTEN = 87
export const LOAD = 88
export const LOCAL = 89
export const LOCK = 90
export const MATERIALIZED = 91
export const MERGE = 92
export const MOVE = 93
export const NO = 94
export const NOT = 95
export const NOTIFY = 96
export const OFFSET = 97
export const ON = 98
export const ONLY = 99
export const OPERATOR_WORD = 100
export const ORDER = 101
export const PREPARE = 102
export const PREPARED = 103
export const PROCEDURE = 104
export const REASSIGN = 105
export const RECURSIVE = 106
export const REFRESH = 107
export const REINDEX = 108
export const RELEASE = 109
export const REPACK = 110
export const RESET = 111
export const RETURNING = 112
export const REVOKE = 113
export const ROLLBACK = 114
export const SAVEPOINT = 115
export const SECURITY = 116
export const SELECT = 117
export const SERIALIZABLE = 118
export const SESSION = 119
export const SET = 120
export const SHARE = 121
export const SHOW = 122
export const START = 123
/** `substring`, `overlay`, `trim`, `extract`: calls with `FROM` and `FOR` between their arguments. */
export const SQL_CALL_WORD = 124
export const TABLE = 125
export const TABLESAMPLE = 126
export const TEMPORARY = 127
export const TO = 128
export const TRANSACTION = 129
export const TRUE = 130
export const TRUNCATE = 131
export const UNION = 132
export const UNLISTEN = 133
export const UPDATE = 134
export const VACUUM = 135
export const VALUES = 136
export const VERBOSE = 137
export const WAIT = 138
export const WHERE = 139
export const WINDOW = 140
export const WITH = 141
export const WORK = 142
export const CUBE_OR_ROLLUP = 143
export const CHAIN = 144
export const AND = 145
export const READ = 146
export const WRITE = 147
export const STDOUT = 148
export const HOLD = 149
export const ROLE = 150
export const AUTHORIZATION = 151
export const TIME = 152
export const NAMES = 153
export const SCHEMA = 154
export const ZONE = 155
export const CONSTRAINTS = 156
export const PLANS = 157
export const SEQUENCES = 158
export const XML = 159
export const ISOLATION = 160
export const WITHOUT = 161
export const PROGRAM = 162
export const USING = 163

/** One more than the greatest of them. */
export const TOKENS = 164

/** Numbers from here on are words. */
export const FIRST_WORD = RESERVED
