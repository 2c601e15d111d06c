import { existsSync } from 'node:fs'
import { register } from 'node:module'
import { join } from 'node:path'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import type { Library } from './shop.js'

/** Another version of a library, beside the one that the project has. */
export interface Other {
  readonly name: string
  /** The file of this folder that opens it, and what that file exports. */
  readonly file: string
  readonly exported: string
  /** What that file imports, and what stands for it: as test/versions calls it; `one > two`: the two that one brought. */
  readonly packages: Readonly<Record<string, string>>
}

const VERSIONS = join(import.meta.dirname, '../../versions')

const other = (name: string, file: string, exported: string, packages: Other['packages']): Other => ({
  ...{ name, file, exported, packages },
})

/** @param alias what test/versions calls it: the library and its version. */
const alone = (file: string, exported: string, library: string, alias: string): Other =>
  other(alias, file, exported, { [library]: alias })

export const OLDER: readonly Other[] = [
  alone('drizzle', 'drizzleLibrary', 'drizzle-orm', 'drizzle-orm-0.36'),
  alone('kysely', 'kyselyLibrary', 'kysely', 'kysely-0.27'),
  alone('kysely', 'kyselyLibrary', 'kysely', 'kysely-0.28'),
  alone('knex', 'knexLibrary', 'knex', 'knex-1.0'),
  alone('knex', 'knexLibrary', 'knex', 'knex-2.5'),
  alone('knex', 'knexLibrary', 'knex', 'knex-3.1'),
  other('objection-3.0 on knex-1.0', 'objection', 'objectionLibrary', { objection: 'objection-3.0', knex: 'knex' }),
  alone('typeorm', 'typeormLibrary', 'typeorm', 'typeorm-0.3'),
  alone('sequelize', 'sequelizeLibrary', 'sequelize', 'sequelize-6.30'),
  alone('pg-promise', 'pgPromiseLibrary', 'pg-promise', 'pg-promise-11'),
  other('mikro-orm-7.1', 'mikro-orm', 'mikroOrmLibrary', {
    '@mikro-orm/core': '@mikro-orm/core',
    '@mikro-orm/postgresql': '@mikro-orm/postgresql',
    '@mikro-orm/sql': '@mikro-orm/sql',
  }),
  other('prisma-7.0', 'prisma', 'prismaLibrary', {
    '@prisma/adapter-pg': '@prisma/adapter-pg',
    '../../../examples/orms/prisma/generated/client.js': './generated/generated/client.js',
  }),
  other('slonik-46', 'slonik', 'slonikLibrary', {
    slonik: 'slonik',
    '@slonik/driver': '@slonik/driver',
    '@slonik/errors': '@slonik/errors',
  }),
]

/** Those that need a newer Node.js than the project: the version matrix runs them. */
export const NEWER: readonly (Other & { readonly node: number })[] = [
  {
    ...other('slonik-49', 'slonik', 'slonikLibrary', {
      slonik: 'slonik-49',
      '@slonik/driver': 'slonik-49 > @slonik/driver',
      '@slonik/errors': 'slonik-49 > @slonik/errors',
    }),
    node: 24,
  },
]

export function isThere({ packages }: Other): boolean {
  return Object.values(packages).every((it) =>
    it.startsWith('.')
      ? existsSync(join(VERSIONS, it.replace(/\.js$/, '.ts')))
      : existsSync(join(VERSIONS, 'node_modules', it.replace(' > ', '/node_modules/'))),
  )
}

/** The same code, with the other version wherever it imports the library. */
export interface Opened {
  readonly library: Library
  /** All that the file exports. */
  readonly loaded: Readonly<Record<string, unknown>>
}

/** To be called once for each version. @throws when it was not asked for. */
export async function openOther({ name, file, exported, packages }: Other): Promise<Opened> {
  const { port1, port2 } = new MessageChannel()
  register('./other-hook.mjs', { parentURL: import.meta.url, data: { port: port2 }, transferList: [port2] })
  const loaded = await import(`./${file}.js?other=${encodeURIComponent(JSON.stringify(packages))}`)
  const taken = new Set<unknown>()
  for (let it = receiveMessageOnPort(port1); it !== undefined; it = receiveMessageOnPort(port1)) taken.add(it.message)
  port1.close()
  const missed = Object.keys(packages).filter((it) => !taken.has(it))
  if (missed.length > 0) throw new Error(`${name} was not taken: nothing imports ${missed.join(', ')}`)
  return { library: { ...(loaded[exported] as Library), name }, loaded }
}
