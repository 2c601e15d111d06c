// Writes the Prisma client of the examples and tests, after `npm ci`. Not for whoever only uses the package.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const prisma = join(root, 'node_modules/prisma/build/index.js')
const schema = join(root, 'examples/orms/prisma/schema.prisma')

if (existsSync(prisma) && existsSync(schema)) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [prisma, 'generate', '--schema', schema, '--no-hints'],
    {
      encoding: 'utf8',
      // Writing a client takes no engine; without a program in its place, Prisma downloads one.
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
    },
  )
  if (status !== 0) {
    console.error(`${stdout}${stderr}`)
    process.exitCode = 1
  }
}
