import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Rack } from './rack.js'

export type ImageKind = 'bare' | 'postgresql'

const SCRIPT = join(import.meta.dirname, 'image.sh')

/** The layer of an image, in the rack. It takes seconds to make, so it is kept for as long as this machine is the same. */
export async function layImage(rack: Rack, kind: ImageKind): Promise<string> {
  const kept = join(hostsCache(), `${kind}-${sameMachine()}.tar`)
  const folder = join(rack.folder, `image-${kind}`)
  if (!existsSync(kept)) await keep(rack, kind, folder, kept)
  else await rack.inside('mkdir "$1"; tar -xf "$2" -C "$1" --numeric-owner --xattrs --xattrs-include="*"', folder, kept)
  return `${folder}/upper:/`
}

async function keep(rack: Rack, kind: ImageKind, folder: string, kept: string): Promise<void> {
  await rack.inside('mkdir "$1"; unshare --mount --uts --pid --fork bash "$2" "$1" "$3" >&2', folder, SCRIPT, kind)
  const unfinished = `${kept}.${process.pid}`
  await rack.inside('tar -cf "$2" -C "$1" --numeric-owner --xattrs --xattrs-include="*" upper', folder, unfinished)
  // Those of a machine that was not yet the same are of no more use.
  const old = readdirSync(hostsCache()).filter((name) => name.startsWith(`${kind}-`) && name.endsWith('.tar'))
  for (const name of old) rmSync(join(hostsCache(), name), { force: true })
  renameSync(unfinished, kept)
}

/** Where things are kept that are costly to make and good for every run. */
export function hostsCache(): string {
  const folder = join(process.env['SLUICE_CACHE'] ?? join(tmpdir(), 'sluice-cache'), 'hosts')
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Changes with what is installed, with its users, and with how images are made. */
export function sameMachine(): string {
  const hash = createHash('sha256')
  for (const file of ['/var/lib/dpkg/status', '/etc/passwd', '/etc/group', SCRIPT]) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}
