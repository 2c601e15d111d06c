import type { Catalogue } from '../../model/intent.js'

/**
 * Functions outside pg_catalog with their volatility, and relations that a replica cannot serve: unlogged tables, and
 * views that reach one, or that call a volatile function, however deep. Valid for PostgreSQL 14 to 18; needs no right
 * beyond CONNECT.
 */
export const CATALOGUE_QUERY = `with recursive volatile_functions as (
  select p.oid, n.nspname, p.proname, p.provolatile = 'v' as is_volatile
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and p.prokind in ('f', 'a', 'w')
), bad_relations as (
  select c.oid from pg_catalog.pg_class c where c.relpersistence = 'u' and c.relkind in ('r', 'p', 'm')
  union
  select r.ev_class
  from pg_catalog.pg_depend d
  join pg_catalog.pg_rewrite r on r.oid = d.objid
  join volatile_functions f on f.oid = d.refobjid and f.is_volatile
  where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  union
  select r.ev_class
  from bad_relations b
  join pg_catalog.pg_depend d on d.refobjid = b.oid and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  join pg_catalog.pg_rewrite r on r.oid = d.objid and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
)
select 'f' as kind, nspname as schema, proname as name, pg_catalog.bool_or(is_volatile) as needs_primary
from volatile_functions group by nspname, proname
union all
select 'r', n.nspname, c.relname, true
from bad_relations b join pg_catalog.pg_class c on c.oid = b.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
order by 1, 2, 3`

interface CatalogueRow {
  readonly kind: 'f' | 'r'
  readonly schema: string
  readonly name: string
  readonly needs_primary: boolean
}

/** A name without a schema stands for all of that name: volatile if one of them is. */
export function catalogueFromRows(rows: readonly unknown[], version: number): Catalogue {
  const functions = new Map<string, boolean>()
  const relations = new Set<string>()
  for (const { kind, schema, name, needs_primary: needsPrimary } of rows as readonly CatalogueRow[]) {
    const full = `${schema}.${name}`
    if (kind === 'r') relations.add(full).add(name)
    else {
      functions.set(full, needsPrimary)
      functions.set(name, needsPrimary || functions.get(name) === true)
    }
  }
  return {
    version,
    functionVolatility(name) {
      const isVolatile = functions.get(name)
      return isVolatile === undefined ? 'unknown' : isVolatile ? 'volatile' : 'harmless'
    },
    needsPrimary: (relation) => relations.size > 0 && relations.has(relation),
  }
}
