/** Built-in functions that run a query which is hidden in their arguments, by the end of their names. */
const HIDING_A_QUERY = '(_to_xml|_to_xmlschema|_to_xml_and_xmlschema)$|^ts_stat$'

/**
 * Relations, and what binds them together; read by `tablesFrom`. Of each relation, whether reading it, or writing it, may
 * touch others that no dependency tells of: by triggers, rules, row security, functions that are not built in, servers
 * elsewhere.
 *
 * Valid for PostgreSQL 14 to 18. Reads only system catalogues that everybody may read. Run on the primary.
 */
export const TABLES_QUERY = `with functions as (
  select p.oid from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname not in ('pg_catalog', 'information_schema')
), hiding as (
  select ':funcid (' || pg_catalog.string_agg(p.oid::pg_catalog.text, '|') || ') ' as pattern
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'pg_catalog' and p.proname ~ '${HIDING_A_QUERY}'
), relations as (
  select c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'
), calling as (
  select d.classid, d.objid from pg_catalog.pg_depend d join functions f on f.oid = d.refobjid
  where d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
), rules as (
  select r.oid, r.ev_class, r.ev_type, r.ev_action::pg_catalog.text as tree
  from pg_catalog.pg_rewrite r join relations on relations.oid = r.ev_class and relations.relkind <> 'm'
), hidden_reads as (
  select oid from relations where relrowsecurity or relkind in ('f', 'S')
  union
  select r.ev_class from rules r join calling d on d.objid = r.oid
  where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  union
  select r.ev_class from rules r, hiding h where r.tree ~ h.pattern
), hidden_writes as (
  select oid from relations where relrowsecurity or relkind not in ('r', 'p')
  union
  select tgrelid from pg_catalog.pg_trigger where not tgisinternal and tgenabled <> 'D'
  union
  select ev_class from rules
  union
  select a.adrelid from pg_catalog.pg_attrdef a join calling d on d.objid = a.oid
  where d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
  union
  select c.conrelid from pg_catalog.pg_constraint c join calling d on d.objid = c.oid
  where d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
  union
  select i.indrelid from pg_catalog.pg_index i join calling d on d.objid = i.indexrelid
  where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
)
select 'relation' as kind, r.oid::pg_catalog.int8::pg_catalog.text as one, null as other,
  r.nspname as schema, r.relname as name,
  exists (select from hidden_reads h where h.oid = r.oid) as reads_hidden,
  exists (select from hidden_writes h where h.oid = r.oid) as writes_hidden
from relations r
union all
select 'inherits', i.inhparent::pg_catalog.int8::pg_catalog.text, i.inhrelid::pg_catalog.int8::pg_catalog.text,
  null, null, null, null
from pg_catalog.pg_inherits i join relations r on r.oid = i.inhrelid
union all
select distinct 'reads', r.ev_class::pg_catalog.int8::pg_catalog.text, d.refobjid::pg_catalog.int8::pg_catalog.text,
  null, null, null::pg_catalog.bool, null::pg_catalog.bool
from rules r join pg_catalog.pg_depend d on d.objid = r.oid
where r.ev_type = '1' and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> r.ev_class
union all
select 'cascades', c.confrelid::pg_catalog.int8::pg_catalog.text, c.conrelid::pg_catalog.int8::pg_catalog.text,
  null, null, null, null
from pg_catalog.pg_constraint c
where c.contype = 'f' and (c.confdeltype in ('c', 'n', 'd') or c.confupdtype in ('c', 'n', 'd'))`
