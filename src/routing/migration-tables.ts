/** Where migration tools note what they have done. Read on a replica, it may be older, and they would do it again. */
export const MIGRATION_TABLES: readonly string[] = [
  '__drizzle_migrations',
  'knex_migrations',
  'knex_migrations_lock',
  'kysely_migration',
  'kysely_migration_lock',
  'mikro_orm_migrations',
  'pgmigrations',
  'schema_migrations',
  'sequelizemeta',
  '_prisma_migrations',
]
