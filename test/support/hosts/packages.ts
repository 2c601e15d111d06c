import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hostsCache, sameMachine } from './image.js'

const run = promisify(execFile)
/** What `sluice up` installs, and what it is compared with. */
const PACKAGES = ['postgresql', 'patroni', 'etcd-server', 'etcd-client', 'openssl', 'repmgr']

/**
 * A folder of packages, with the index that makes it a repository: what a bare host lacks of PostgreSQL. Fetched once,
 * from where this machine has its packages from.
 *
 * @param status what is installed on the bare host: the text of its `/var/lib/dpkg/status`.
 */
export async function packageFolder(status: string): Promise<string> {
  const kept = join(hostsCache(), `packages-${sameMachine()}-${PACKAGES.join('+')}`)
  if (existsSync(kept)) return kept
  const folder = mkdtempSync(`${kept}.`)
  try {
    await download(folder, status)
    writeFileSync(join(folder, 'Packages'), await indexOf(folder))
    // Hosts read it as a user of their own for that.
    chmodSync(folder, 0o755)
    renameSync(folder, kept)
  } catch (error) {
    // Another run may have been first.
    rmSync(folder, { recursive: true })
    if (!existsSync(kept)) throw error
  }
  return kept
}

/** With lists and a state of its own, so that the machine's packages are nobody's business here. */
async function download(folder: string, status: string): Promise<void> {
  const state = join(folder, 'state')
  for (const name of ['lists/partial', 'archives/partial']) mkdirSync(join(state, name), { recursive: true })
  writeFileSync(join(state, 'status'), status)
  const places = { 'State::lists': 'lists', 'State::status': 'status', 'Cache::archives': 'archives' }
  const options = Object.entries(places).flatMap(([key, name]) => ['-o', `Dir::${key}=${join(state, name)}`])
  const apt = ['-qq', ...options, '-o', 'Debug::NoLocking=true', '-o', 'APT::Sandbox::User=root']
  await run('apt-get', [...apt, 'update'])
  await run('apt-get', [...apt, '-y', '--download-only', '--no-install-recommends', 'install', ...PACKAGES])
  for (const file of debs(join(state, 'archives'))) renameSync(join(state, 'archives', file), join(folder, file))
  rmSync(state, { recursive: true })
}

async function indexOf(folder: string): Promise<string> {
  const entries = debs(folder).map(async (file) => {
    const [content, { stdout }] = [readFileSync(join(folder, file)), await run('dpkg-deb', ['-f', join(folder, file)])]
    const sum = createHash('sha256').update(content).digest('hex')
    return `${stdout.trim()}\nFilename: ./${file}\nSize: ${content.length}\nSHA256: ${sum}\n`
  })
  return (await Promise.all(entries)).join('\n')
}

function debs(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.deb'))
}
