import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Part } from '../need.js'

const PROGRAMS = {
  ip: 'iproute2',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  sudo: 'sudo',
  'apt-get': 'apt',
} as const
/** Where not everybody looks for programs, but root does. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** What a suite over test hosts needs. */
export function hostsPart(suite: string): Part {
  const missing = missingParts()
  return { suite, what: missing.join(', '), isThere: missing.length === 0 }
}

function missingParts(): readonly string[] {
  if (process.platform !== 'linux') return ['Linux']
  if (process.getuid?.() !== 0) return ['root']
  const programs = Object.entries(PROGRAMS).filter(([name]) => !FOLDERS.some((it) => existsSync(join(it, name))))
  if (programs.length > 0) return programs.map(([name, from]) => `${name} (Debian package ${from})`)
  return [...(mayMakeNamespaces() ? [] : ['the right to make namespaces']), ...(hasOverlay() ? [] : ['overlayfs'])]
}

function mayMakeNamespaces(): boolean {
  return spawnSync('unshare', ['--mount', '--net', '--uts', '--ipc', '--pid', '--fork', 'true']).status === 0
}

function hasOverlay(): boolean {
  return (
    /\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8')) || spawnSync('modprobe', ['overlay']).status === 0
  )
}
