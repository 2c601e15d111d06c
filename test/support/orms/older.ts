import { existsSync } from 'node:fs'
import { register } from 'node:module'
import { join } from 'node:path'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import type { Library } from './shop.js'

/** An older version of a library, beside the one that the project has. */
export interface Older {
  /** The file of this folder that opens it, and what that file exports. */
  readonly file: string
  readonly exported: string
  readonly library: string
  /** What test/versions calls it: the library and its version. */
  readonly alias: string
}

const MODULES = join(import.meta.dirname, '../../versions/node_modules')

export const OLDER: readonly Older[] = [
  { file: 'drizzle', exported: 'drizzleLibrary', library: 'drizzle-orm', alias: 'drizzle-orm-0.36' },
  { file: 'kysely', exported: 'kyselyLibrary', library: 'kysely', alias: 'kysely-0.27' },
  { file: 'kysely', exported: 'kyselyLibrary', library: 'kysely', alias: 'kysely-0.28' },
  { file: 'knex', exported: 'knexLibrary', library: 'knex', alias: 'knex-1.0' },
  { file: 'knex', exported: 'knexLibrary', library: 'knex', alias: 'knex-2.5' },
  { file: 'knex', exported: 'knexLibrary', library: 'knex', alias: 'knex-3.1' },
  { file: 'typeorm', exported: 'typeormLibrary', library: 'typeorm', alias: 'typeorm-0.3' },
  { file: 'sequelize', exported: 'sequelizeLibrary', library: 'sequelize', alias: 'sequelize-6.30' },
  { file: 'pg-promise', exported: 'pgPromiseLibrary', library: 'pg-promise', alias: 'pg-promise-11' },
]

export function isThere({ alias }: Older): boolean {
  return existsSync(join(MODULES, alias))
}

/** The same code, with the older version wherever it imports the library. @throws when it was not asked for. */
export async function openOlder({ file, exported, library, alias }: Older): Promise<Library> {
  const { port1, port2 } = new MessageChannel()
  register('./older-hook.mjs', { parentURL: import.meta.url, data: { port: port2 }, transferList: [port2] })
  const loaded = await import(`./${file}.js?library=${library}&alias=${alias}`)
  const taken = receiveMessageOnPort(port1)?.message
  port1.close()
  if (taken !== alias) throw new Error(`${alias} was not taken: ${file}.ts does not import ${library}`)
  return { ...(loaded[exported] as Library), name: alias }
}
