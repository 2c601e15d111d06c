import { DataTypes, type InferAttributes, type InferCreationAttributes, type Model, Sequelize } from 'sequelize'
import { sequelizeOptions } from '../../../src/sequelize.js'
import { type Library, OutOfStock, type Shop } from './shop.js'

interface BookRow extends Model<InferAttributes<BookRow>, InferCreationAttributes<BookRow>> {
  id: number
  title: string
  stock: number
  orders?: OrderRow[]
}
interface OrderRow extends Model<InferAttributes<OrderRow>, InferCreationAttributes<OrderRow>> {
  book_id: number
  copies: number
}

export const sequelizeLibrary: Library = {
  name: 'Sequelize',
  open: (pool) => shop(new Sequelize({ dialect: 'postgres', ...sequelizeOptions(pool), logging: false })),
  openAlone: ({ primary, replicas }) => {
    const replication = { write: settingsOf(primary), read: replicas.map(settingsOf) }
    return shop(new Sequelize({ dialect: 'postgres', logging: false, replication }))
  },
}

function settingsOf(url: string) {
  const { hostname, port, username, password, pathname } = new URL(url)
  return { host: hostname, port, username, password, database: pathname.slice(1) }
}

export function modelsOf(sequelize: Sequelize) {
  const key = { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true }
  const Book = sequelize.define<BookRow>(
    'books',
    { id: key, title: { type: DataTypes.TEXT, unique: true }, stock: DataTypes.INTEGER },
    { timestamps: false },
  )
  const Order = sequelize.define<OrderRow>(
    'orders',
    { book_id: DataTypes.INTEGER, copies: DataTypes.INTEGER },
    { timestamps: false },
  )
  Book.hasMany(Order, { foreignKey: 'book_id', as: 'orders' })
  return { Book, Order }
}

function shop(sequelize: Sequelize): Shop {
  const { Book, Order } = modelsOf(sequelize)
  return {
    async stockOf(id) {
      return (await Book.findByPk(id))?.stock
    },
    async setStock(id, stock) {
      await Book.update({ stock }, { where: { id } })
    },
    async ordersOf(id) {
      return (await Book.findByPk(id, { include: 'orders' }))?.orders?.length ?? 0
    },
    order: (id, copies) =>
      sequelize.transaction(async (transaction) => {
        const book = await Book.findByPk(id, { transaction, lock: true })
        if (book === null || book.stock < copies) throw new OutOfStock()
        await book.update({ stock: book.stock - copies }, { transaction })
        await Order.create({ book_id: id, copies }, { transaction })
      }),
    close: () => sequelize.close(),
  }
}
