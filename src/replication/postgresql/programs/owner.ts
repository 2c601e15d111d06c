import { readFileSync } from 'node:fs'
import { OperationError } from '../errors.js'

/** Who the servers run as when it is not us. */
export interface Owner {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Whoever has nothing to lose comes first. */
const CANDIDATES = ['nobody', 'postgres'] as const

/**
 * PostgreSQL refuses to run as root: then the first of these that there is. Otherwise `undefined`: it runs as we do.
 *
 * @throws {OperationError} we are root, and there is neither.
 */
export function serverOwner(names: readonly string[] = CANDIDATES): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
  const owner = names.map((name) => ownerIn(users, name)).find((it) => it !== undefined)
  if (owner !== undefined) return owner
  throw new OperationError('choose a user', `PostgreSQL does not run as root, and there is no ${names.join(' or ')}`)
}

/** @param users the text of `/etc/passwd`: name, password, numbers of user and group, … */
export function ownerIn(users: string, name: string): Owner | undefined {
  for (const line of users.split('\n')) {
    const [its, , uid, gid] = line.split(':')
    // macOS writes nobody's number as -2.
    if (its === name) return { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }
  }
  return undefined
}
