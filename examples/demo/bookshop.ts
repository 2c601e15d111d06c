import { withSession } from '../../src/index.js'
import type { Pool } from '../../src/pg.js'

/** The few queries of a small shop, as an application would write them: nothing here knows of replicas. */
export const SCHEMA = `
create table books (id int primary key, title text not null, price numeric not null, stock int not null);
create table orders (id bigint generated always as identity primary key, book_id int references books, customer text);
insert into books select n, 'Book ' || n, 5 + n % 20, 1000000 from generate_series(1, 200) n;`

const BROWSE = 'select id, title, price from books where price < $1 order by price limit 10'
const BOOK = 'select id, title, price, stock from books where id = $1'
const TAKE = 'update books set stock = stock - 1 where id = $1 and stock > 0'
const ORDER = 'insert into orders (book_id, customer) values ($1, $2) returning id'
const MINE = 'select id, book_id from orders where customer = $1'

export interface Visit {
  statements: number
  /** The customer did not find the order that they had just placed. */
  missedOwnOrder: boolean
}

/** One customer: looks around, and now and then buys a book and looks at their orders. */
export function visit(pool: Pool, customer: string, buys: boolean): Promise<Visit> {
  return withSession(async () => {
    const book = 1 + Math.floor(Math.random() * 200)
    await pool.query(BROWSE, [15])
    await pool.query(BOOK, [book])
    if (!buys) return { statements: 2, missedOwnOrder: false }
    const order = await buy(pool, book, customer)
    const { rows } = await pool.query(MINE, [customer])
    return { statements: 7, missedOwnOrder: !rows.some((row) => row.id === order) }
  })
}

async function buy(pool: Pool, book: number, customer: string): Promise<string> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query(TAKE, [book])
    const { rows } = await client.query(ORDER, [book, customer])
    await client.query('COMMIT')
    return rows[0].id
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}
