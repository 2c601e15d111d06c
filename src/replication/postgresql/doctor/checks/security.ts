import type { HbaFacts } from '../facts.js'
import type { Check } from '../finding.js'
import { list, onEach, onPrimary, onStandbys, set } from './help.js'

const EVERYWHERE = new Set(['0.0.0.0', '::', 'all'])

export const SECURITY: readonly Check[] = [
  {
    id: 'trust',
    severity: 'critical',
    looksAt: 'pg_hba.conf lets nobody in from a network without a password',
    why: 'whoever reaches the port is whoever they say they are',
    find: onEach(({ hba }) =>
      lines(
        hba,
        (it) => it.method === 'trust' && isNetwork(it),
        'scram-sha-256 in the place of trust; select pg_reload_conf()',
      ),
    ),
  },
  {
    id: 'trust-local',
    severity: 'advice',
    looksAt: 'pg_hba.conf lets nobody on the machine itself in without a password',
    why: "every program on it is the database's superuser",
    find: onEach(({ hba }) =>
      lines(
        hba,
        (it) => it.method === 'trust' && !isNetwork(it),
        'peer, or scram-sha-256, in the place of trust; select pg_reload_conf()',
      ),
    ),
  },
  {
    id: 'md5',
    severity: 'advice',
    looksAt: 'passwords are proven with SCRAM',
    why: 'md5 is weak, deprecated since 18, and will go',
    find: onEach(({ hba }) =>
      lines(
        hba,
        (it) => it.method === 'md5',
        "set password_encryption = 'scram-sha-256', set the passwords anew, then scram-sha-256 in the place of md5",
      ),
    ),
  },
  {
    id: 'open-to-everybody',
    severity: 'warning',
    looksAt: 'pg_hba.conf names who comes from where',
    why: 'every role, the superuser too, can be tried from everywhere',
    find: onEach(({ hba }) =>
      lines(
        hba,
        (it) =>
          EVERYWHERE.has(it.address ?? '') &&
          it.users.includes('all') &&
          it.databases.includes('all') &&
          it.method !== 'reject',
        'the networks, roles and databases that are meant; select pg_reload_conf()',
      ),
    ),
  },
  {
    id: 'old-password-encryption',
    severity: 'warning',
    looksAt: 'password_encryption is scram-sha-256',
    why: 'the next password that is set can only be proven with md5',
    find: onEach(({ settings }) =>
      settings['password_encryption'] === 'md5'
        ? { evidence: 'password_encryption = md5', change: set('password_encryption', 'scram-sha-256') }
        : undefined,
    ),
  },
  {
    id: 'replication-as-superuser',
    severity: 'warning',
    looksAt: 'standbys replicate as a role that is no superuser',
    why: "whoever reads a standby's passfile owns the primary",
    find: onPrimary(({ senders }) => {
      const those = senders?.filter((it) => it.isSuperuser) ?? []
      if (those.length === 0) return undefined
      return {
        evidence: list(those.map((it) => `${it.name} as ${it.role}`)),
        change: "create role replicator login replication password '…'; and use it in primary_conninfo",
      }
    }),
  },
  {
    id: 'password-in-conninfo',
    severity: 'warning',
    looksAt: 'primary_conninfo has no password in it',
    why: 'it stands in a file that backups and copies carry along',
    find: onStandbys(({ settings }) =>
      /\bpassword\s*=/.test(settings['primary_conninfo'] ?? '')
        ? {
            evidence: 'primary_conninfo has password=…',
            change: 'passfile=/path/to/passfile (mode 0600) in its place; then another password',
          }
        : undefined,
    ),
  },
  {
    id: 'unencrypted-replication',
    severity: 'warning',
    looksAt: 'replication over a network is encrypted',
    why: 'all data of the database passes there to be read',
    find: onPrimary(({ senders }) => {
      const those =
        senders?.filter((it) => it.isEncrypted === false && it.address !== null && !isLoopback(it.address)) ?? []
      if (those.length === 0) return undefined
      return {
        evidence: list(those.map((it) => `${it.name} from ${it.address}`)),
        change: 'ssl = on on the primary, sslmode=require in primary_conninfo, hostssl in pg_hba.conf',
      }
    }),
  },
  {
    id: 'asked-as-superuser',
    severity: 'advice',
    looksAt: "the URL's role is no superuser",
    why: 'if it is the one that the application has: a hole in it is one in the whole server',
    find: onPrimary(({ role }) =>
      role.isSuperuser
        ? {
            evidence: `${role.name} is a superuser`,
            change: 'a role of its own for the application, which owns its database and nothing else',
          }
        : undefined,
    ),
  },
]

function lines(hba: readonly HbaFacts[] | undefined, is: (line: HbaFacts) => boolean, change: string) {
  const found = hba?.filter(is) ?? []
  if (found.length === 0) return undefined
  const texts = found.map(
    (it) =>
      `line ${it.line}: ${[it.type, it.databases.join(), it.users.join(), it.address ?? '', it.method].filter((part) => part !== '').join(' ')}`,
  )
  return { evidence: texts.slice(0, 3).join('; ') + (texts.length > 3 ? ` and ${texts.length - 3} more` : ''), change }
}

function isNetwork({ type, address }: HbaFacts): boolean {
  return type.startsWith('host') && !isLoopback(address ?? '')
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address === 'localhost' || address === 'samehost'
}
