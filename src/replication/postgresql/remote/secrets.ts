import { randomBytes } from 'node:crypto'
import { REPLICATION_ROLE } from '../config/node-config.js'
import { readPassFile } from '../config/node-files.js'
import { OperationError } from '../errors.js'
import type { ManagedNode } from '../nodes/managed-node.js'
import { type ClusterState, isRunning } from '../nodes/node-state.js'
import { quoteShell } from '../script.js'

/** What the passfiles of the nodes hold, by role: passwords are kept there, and nowhere else. */
export type Passwords = Readonly<Record<string, string>>

export type PasswordsOf = ReadonlyMap<string, Passwords>

/** Of every node that can be asked. */
export async function readPasswords(nodes: readonly ManagedNode[]): Promise<PasswordsOf> {
  const read = nodes.map(async ({ name, host, layout }) => {
    const file = quoteShell(layout.paths.passFile)
    // One that cannot be asked is seen to be so by the look at its state.
    const said = await host.run({ as: 'root', text: `if [ -e ${file} ]; then cat ${file}; fi` }).catch(() => undefined)
    return [name, readPassFile(said?.stdout ?? '')] as const
  })
  return new Map(await Promise.all(read))
}

/** The primary's is the one that counts, and is put over the others. */
export function merged(all: PasswordsOf, states: ClusterState): Passwords {
  const isPrimary = (node: string) => states.get(node)?.is === 'primary'
  const inOrder = [...all].sort(([a], [b]) => Number(isPrimary(a)) - Number(isPrimary(b)))
  return Object.assign({}, ...inOrder.map(([, it]) => it)) as Passwords
}

/**
 * Passwords for roles that have none yet. A role of the application's that is there without us keeps its own, which only its
 * owner knows.
 */
export function completed(known: Passwords, appRole: string, states: ClusterState): Passwords {
  const hasApp = rolesOf(states).includes(appRole)
  return {
    [REPLICATION_ROLE]: known[REPLICATION_ROLE] ?? secret(),
    ...(known[appRole] === undefined && hasApp ? {} : { [appRole]: known[appRole] ?? secret() }),
  }
}

/** @throws {OperationError} somebody else made the role, and nobody here knows its password. */
export function mustKnowReplication(known: Passwords, states: ClusterState): void {
  if (known[REPLICATION_ROLE] !== undefined || !rolesOf(states).includes(REPLICATION_ROLE)) return
  throw new OperationError('plan', `the primary has a role ${REPLICATION_ROLE}, and no node has its password`, {
    hint: `it was made by somebody else: alter role ${REPLICATION_ROLE} rename to another, or drop it`,
  })
}

function rolesOf(states: ClusterState): readonly string[] {
  return [...states.values()].flatMap((it) => (isRunning(it) && it.is === 'primary' ? it.roles : []))
}

/** Safe in a URL, between quotes, and for SASLprep. */
function secret(): string {
  return randomBytes(18).toString('base64url')
}
