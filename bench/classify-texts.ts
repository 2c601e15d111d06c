/** Texts that applications send, by size. */
export function texts(): readonly { readonly name: string; readonly text: string }[] {
  return Object.entries(TEXTS).map(([name, text]) => ({ name, text: flat(text) }))
}

/** As it comes from a socket or a constant: in one piece, not as a tree of what it was put together from. */
function flat(text: string): string {
  return Buffer.from(text).toString()
}

const TEXTS: Readonly<Record<string, string>> = {
  'select 1': 'select 1',
  begin: 'BEGIN',
  'primary key, 100 B':
    'SELECT "id", "email", "name" FROM "public"."User" WHERE ("public"."User"."id" = $1) LIMIT $2 OFFSET $3',
  'insert, 130 B':
    'INSERT INTO orders (customer_id, total, currency, created_at) VALUES ($1, $2, $3, now()) RETURNING id, status, created_at, updated_at',
  'lock, 110 B':
    'SELECT id, payload FROM jobs WHERE state = $1 AND run_at <= now() ORDER BY run_at LIMIT 10 FOR UPDATE SKIP LOCKED',
  'join, 480 B': `select c.name, count(*) as orders, sum(o.total) as total, max(o.created_at) as latest
from customers c join orders o on o.customer_id = c.id left join regions r on r.id = c.region_id
where o.created_at >= $1 and o.created_at < $2 and r.code in ('DE', 'FR', 'IT') and coalesce(o.cancelled, false) = false
group by c.name having sum(o.total) > 1000 order by total desc nulls last, c.name limit 50 offset $3`,
  '60 columns, 3 kB': wide(),
  'IN of 1000, 6 kB': `select id, name from t where id in (${numbers(1000, ', ')})`,
  'insert of 500, 20 kB': `insert into t (a, b, c) values ${rows(500)}`,
}

function wide(): string {
  const columns = Array.from({ length: 60 }, (_, i) => `  t${i % 7}.column_number_${i} as "table${i % 7}_column_${i}"`)
  const joins = Array.from(
    { length: 6 },
    (_, i) => `left join some_table_${i + 1} t${i + 1} on t${i + 1}.parent_id = t${i}.id`,
  )
  return `select\n${columns.join(',\n')}\nfrom some_table_0 t0\n${joins.join('\n')}
where t0.tenant_id = $1 and t0.deleted_at is null and (t1.state = $2 or t2.state = any($3)) order by t0.created_at desc limit 100`
}

function numbers(count: number, separator: string): string {
  return Array.from({ length: count }, (_, i) => 10_000 + i).join(separator)
}

function rows(count: number): string {
  return Array.from({ length: count }, (_, i) => `(${i}, 'some text number ${i}', ${i}.25)`).join(', ')
}
