import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PgSql } from '../../../src/replication/postgresql/sql/pg-sql.js'
import { startCluster } from '../../../src/testing.js'
import { eventually } from '../../support/pool.js'

test('rows come as JSON has them, errors as the server has them, and a connection that broke is opened again', async (t) => {
  const cluster = await startCluster(t, { replicas: 0 })
  const sql = new PgSql({ connection: { connectionString: cluster.primary.adminUrl } })
  t.after(() => sql.close())

  const values = "select 1 as one, 7000000000000000001 as large, '2026-01-02'::date as day, null as none;"
  assert.deepEqual(await sql.rows(values), [{ one: 1, large: '7000000000000000001', day: '2026-01-02', none: null }])
  assert.deepEqual(await sql.rows('select 1 as n where false'), [])
  assert.deepEqual(await sql.rows('select 1 as its, 2 as rows'), [{ its: 1, rows: 2 }])

  await sql.execute('create table t (n int primary key)')
  await sql.execute('vacuum t')
  await assert.rejects(sql.execute('insert into t values (1), (1)'), { code: '23505' })

  const [{ pid } = { pid: 0 }] = await sql.rows<{ pid: number }>('select pg_backend_pid() as pid')
  await cluster.primary.admin('select pg_terminate_backend($1)', [pid])
  const answer = () => sql.rows('select 1 as n').catch(String)
  assert.deepEqual(await eventually(answer, (it) => typeof it !== 'string'), [{ n: 1 }])

  await sql.close()
  await sql.close()
})
