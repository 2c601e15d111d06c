/** What the story asks of the bookshop, whichever library it is written with. */
export interface Bookshop {
  add(title: string, stock: number): Promise<number>
  shelf(): Promise<readonly Shelved[]>
  /** In one transaction. @throws {SoldOut} when there are not so many copies. */
  order(book: number, copies: number): Promise<void>
  close(): Promise<void>
}

export interface Shelved {
  readonly title: string
  readonly stock: number
  /** Copies, in all orders. */
  readonly ordered: number
}

export class SoldOut extends Error {
  override readonly name = 'SoldOut'
}

export const SCHEMA = `
  create table books (
    id int primary key generated always as identity, title text not null unique, stock int not null check (stock >= 0));
  create table orders (
    id int primary key generated always as identity, book_id int not null references books, copies int not null);
`
