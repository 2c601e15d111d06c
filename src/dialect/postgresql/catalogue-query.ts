import { PRIMARY_FUNCTIONS } from './primary-functions.js'

/**
 * Built-in functions that make a view unfit for a replica. The server records no dependency on built-in objects, so they
 * are looked for in the stored form of the view. Views over statistics are left out: they answer anywhere.
 */
const WRITING_BUILT_INS = Object.entries(PRIMARY_FUNCTIONS)
  .filter(([, { reason }]) => reason !== 'server-statistics')
  .map(([name]) => name)

/**
 * Functions outside pg_catalog with their volatility, and relations that a replica cannot serve: unlogged tables and
 * sequences, tables whose children are unlogged or whose row security calls a volatile function, and views that reach
 * one of these, call a volatile function or lock rows, however deep.
 *
 * Valid for PostgreSQL 14 to 18. Reads only system catalogues that everybody may read. Run on the primary.
 */
export const CATALOGUE_QUERY = `with recursive functions as (
  select p.oid, n.nspname, p.proname, p.provolatile = 'v' as is_volatile
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and p.prokind in ('f', 'a', 'w')
), built_ins as (
  select ':funcid (' || pg_catalog.string_agg(p.oid::pg_catalog.text, '|') || ') ' as pattern
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'pg_catalog' and p.proname = any ('{${WRITING_BUILT_INS.join(',')}}'::pg_catalog.name[])
), views as (
  select c.oid, r.oid as rule, r.ev_action::pg_catalog.text as tree
  from pg_catalog.pg_class c
  join pg_catalog.pg_rewrite r on r.ev_class = c.oid and r.ev_type = '1'
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'v' and n.nspname not in ('pg_catalog', 'information_schema')
), volatile_calls as (
  select d.classid, d.objid
  from pg_catalog.pg_depend d join functions f on f.oid = d.refobjid and f.is_volatile
  where d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
), origins as (
  select c.oid from pg_catalog.pg_class c where c.relpersistence = 'u' and c.relkind in ('r', 'p', 'm', 'S')
  union
  select v.oid from views v join volatile_calls d on d.objid = v.rule
  where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  union
  select v.oid from views v, built_ins b where v.tree ~ b.pattern or pg_catalog.strpos(v.tree, ':rowMarks (') > 0
  union
  select p.polrelid from pg_catalog.pg_policy p join volatile_calls d on d.objid = p.oid
  where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
  union
  select p.polrelid from pg_catalog.pg_policy p, built_ins b where p.polqual::pg_catalog.text ~ b.pattern
), edges as (
  select v.oid as upper, d.refobjid as lower
  from views v
  join pg_catalog.pg_depend d on d.objid = v.rule and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  union all
  select i.inhparent, i.inhrelid from pg_catalog.pg_inherits i
), reached as (
  select oid from origins
  union
  select e.upper from reached r join edges e on e.lower = r.oid
)
select 'f' as kind, nspname as schema, proname as name, pg_catalog.bool_or(is_volatile) as needs_primary
from functions group by nspname, proname
union all
select 'r', n.nspname, c.relname, true
from reached r join pg_catalog.pg_class c on c.oid = r.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
order by 1, 2, 3`
