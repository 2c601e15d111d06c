// Writes the Prisma client of the examples and tests, after `npm ci`; with `versions`, that of an older Prisma beside the
// packages in test/versions. Not for whoever only uses the package.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const schema = join(root, 'examples/orms/prisma/schema.prisma')

if (process.argv[2] === 'versions') {
  const own = join(root, 'test/versions/generated')
  mkdirSync(own, { recursive: true })
  // Its client is written beside it.
  copyFileSync(schema, join(own, 'schema.prisma'))
  generate(join(root, 'test/versions'), join(own, 'schema.prisma'))
} else {
  generate(root, schema)
}

function generate(packages, from) {
  const prisma = join(packages, 'node_modules/prisma/build/index.js')
  if (!existsSync(prisma) || !existsSync(from)) return
  const { status, stdout, stderr } = spawnSync(process.execPath, [prisma, 'generate', '--schema', from, '--no-hints'], {
    cwd: packages,
    encoding: 'utf8',
    // Writing a client takes no engine; without a program in its place, Prisma downloads one.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
  })
  if (status === 0) return
  console.error(`${stdout}${stderr}`)
  process.exitCode = 1
}
