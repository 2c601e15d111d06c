import { execFile } from 'node:child_process'
import { chownSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { OperationError } from './errors.js'
import { withClient } from './sql.js'
import type { TestNode } from './test-node.js'

const run = promisify(execFile)

/** Files that `pg_rewind` would bring over from the other node, and that are this node's own. */
const OWN_FILES = ['sluice.conf', 'pg_hba.conf', 'postgresql.conf', 'postgresql.auto.conf'] as const

/** Takes back what this node has that the primary has not, by PostgreSQL's own tool. */
export async function rewind(node: TestNode, primary: TestNode): Promise<void> {
  const { dataDir, owner, server } = node.parts
  const aside = join(dirname(dataDir), `${node.name}-own`)
  mkdirSync(aside, { recursive: true })
  for (const name of OWN_FILES) copyFileSync(join(dataDir, name), join(aside, name))
  const program = join(server.binDir, 'pg_rewind')
  try {
    await run(program, ['-D', dataDir, `--source-server=${primary.adminUrl}`, '--no-sync'], { ...owner, cwd: '/' })
  } catch (cause) {
    throw new OperationError('pg_rewind', String((cause as { stderr?: string }).stderr ?? cause), { cause })
  }
  for (const name of OWN_FILES) {
    copyFileSync(join(aside, name), join(dataDir, name))
    if (owner !== undefined) chownSync(join(dataDir, name), owner.uid, owner.gid)
  }
  node.becomeStandby()
}

/** Without `pg_rewind`: a new copy of the running primary, by the low-level backup functions. */
export async function rebuild(node: TestNode, primary: TestNode, major: number): Promise<void> {
  const { dataDir, owner } = node.parts
  const own = new Map(OWN_FILES.map((name) => [name, readFileSync(join(dataDir, name))]))
  node.clearDataDir()
  const [begin, end] = major >= 15 ? ['pg_backup_start', 'pg_backup_stop'] : ['pg_start_backup', 'pg_stop_backup']
  const label = await withClient(primary.adminUrl, async (client) => {
    const args = major >= 15 ? "'rejoin', true" : "'rejoin', true, false"
    await client.query(`select pg_catalog.${begin}(${args})`)
    copyTree(primary.dataDir, dataDir, owner)
    const { rows } = await client.query<{ labelfile: string }>(
      `select labelfile from pg_catalog.${end}(${major >= 15 ? 'false' : 'false, false'})`,
    )
    return rows[0]?.labelfile ?? ''
  })
  writeFileSync(join(dataDir, 'backup_label'), label, { mode: 0o600 })
  for (const [name, text] of own) writeFileSync(join(dataDir, name), text, { mode: 0o600 })
  for (const name of ['backup_label', ...OWN_FILES])
    if (owner !== undefined) chownSync(join(dataDir, name), owner.uid, owner.gid)
  node.becomeStandby()
}

/** Folders whose contents belong to the running server alone. */
const EMPTY_IN_COPY: ReadonlySet<string> = new Set(
  'pg_wal pg_replslot pg_dynshmem pg_notify pg_serial pg_snapshots pg_stat_tmp pg_subtrans'.split(' '),
)
const NOT_COPIED: ReadonlySet<string> = new Set(['postmaster.pid', 'postmaster.opts'])

/** Files may vanish while the server works; replay of the log makes up for all of it. */
function copyTree(from: string, to: string, owner: { readonly uid: number; readonly gid: number } | undefined): void {
  mkdirSync(to, { recursive: true, mode: 0o700 })
  if (owner !== undefined) chownSync(to, owner.uid, owner.gid)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (NOT_COPIED.has(entry.name)) continue
    if (entry.isDirectory()) {
      if (!EMPTY_IN_COPY.has(entry.name)) copyTree(source, target, owner)
      else makeEmpty(target, entry.name === 'pg_wal' ? ['archive_status', 'summaries'] : [], owner)
      continue
    }
    try {
      copyFileSync(source, target)
      if (owner !== undefined) chownSync(target, owner.uid, owner.gid)
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error
    }
  }
}

function makeEmpty(
  folder: string,
  inside: readonly string[],
  owner: { readonly uid: number; readonly gid: number } | undefined,
): void {
  for (const path of [folder, ...inside.map((name) => join(folder, name))]) {
    mkdirSync(path, { mode: 0o700 })
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
  }
}
