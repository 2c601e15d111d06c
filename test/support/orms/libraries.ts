import { drizzleLibrary } from './drizzle.js'
import { knexLibrary } from './knex.js'
import { kyselyLibrary } from './kysely.js'
import { mikroOrmLibrary } from './mikro-orm.js'
import { objectionLibrary } from './objection.js'
import { pgPromiseLibrary } from './pg-promise.js'
import { prismaLibrary } from './prisma.js'
import { sequelizeLibrary } from './sequelize.js'
import type { Library } from './shop.js'
import { slonikLibrary } from './slonik.js'
import { typeormLibrary } from './typeorm.js'

export const LIBRARIES: readonly Library[] = [
  ...[drizzleLibrary, kyselyLibrary, prismaLibrary, typeormLibrary, sequelizeLibrary, mikroOrmLibrary],
  ...[knexLibrary, objectionLibrary, pgPromiseLibrary, slonikLibrary],
]
