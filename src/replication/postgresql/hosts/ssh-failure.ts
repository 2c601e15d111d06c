import type { HostFailure } from '../errors.js'
import { NO_SHELL, NO_SUDO } from './ssh-loader.js'

/** What went wrong, and what to do about it. */
export interface SshFailure {
  readonly failure: HostFailure
  readonly what: string
  readonly hint: string
}

/** Where `ssh` would go: what `ssh -G` says. */
export interface SshTarget {
  /** As it was given: `admin@db1`. */
  readonly destination: string
  /** Options that the user would have to give as well, such as `-F file`. */
  readonly options: string
  readonly hostname: string
  readonly port: string
  readonly user: string
}

interface Case {
  readonly says: RegExp
  readonly failure: HostFailure
  readonly what: (found: RegExpExecArray, target: SshTarget, said: string) => string
  readonly hint: (target: SshTarget, found: RegExpExecArray) => string
}

/** In the order in which `ssh` meets them. It has no codes: 255 is all of them. */
const CASES: readonly Case[] = [
  {
    says: new RegExp(`^${NO_SHELL}`),
    failure: 'not-let-in',
    what: (_, target, said) => `${target.user} can run nothing there: ${lastWords(said)}`,
    hint: () => 'come in as somebody with a shell',
  },
  {
    says: /Bad configuration option|Can't open user config file|terminating, \d+ bad configuration/,
    failure: 'not-reached',
    what: (_, __, said) => `ssh does not accept its configuration: ${lastWords(said)}`,
    hint: (target) => `try it by hand: ${byHand(target)}`,
  },
  {
    says: /Could not resolve hostname ([^:\s]+)/,
    failure: 'not-reached',
    what: (found) => `the name ${found[1]} cannot be resolved`,
    hint: () => 'check its spelling, or give it a HostName in ~/.ssh/config',
  },
  {
    says: /Connection refused/,
    failure: 'not-reached',
    what: (_, target) => `${target.hostname} takes no connections on port ${target.port}`,
    hint: () => 'the machine is there: see whether sshd runs on it, and on which port',
  },
  {
    says: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    failure: 'not-reached',
    what: (_, target) => `${target.hostname} shows another host key than the one that is known`,
    hint: (target) =>
      `it was installed anew, or somebody stands in between; ${compare(target)}; only then: ssh-keygen -R ${knownName(target)}`,
  },
  {
    says: /No (\S+) host key is known|Host key verification failed/,
    failure: 'not-reached',
    what: (_, target) => `the host key of ${target.hostname} is not known`,
    hint: (target) => `${compare(target)}; then connect once by hand, and accept it: ${byHand(target)}`,
  },
  {
    says: /Permission denied \(([^)]*)\)|Too many authentication failures/,
    failure: 'not-let-in',
    what: (_, target, said) => `${target.user} was not let in: ${triedKeys(said)}`,
    hint: (target) =>
      `put your key there with ssh-copy-id ${words(target)}, or name the right one as IdentityFile in ~/.ssh/config; a key with a passphrase must be in the agent: ssh-add`,
  },
  {
    says: /timed out|No route to host|Network is unreachable|Host is down/,
    failure: 'not-reached',
    what: (found, target) => `no answer from ${target.hostname} port ${target.port}: ${found[0]}`,
    hint: () => 'see whether the machine runs, and whether a firewall is in between',
  },
]

/** What `ssh` says when a connection goes that it had: what was sent may have arrived. */
const HAD_ONE =
  /mux_client|client_loop|Read from remote host|closed by remote host|not responding|Broken pipe|Connection reset/

/** Did it fail while it was connected? @param said what `ssh` said before it ended with 255. */
export function wasConnected(said: string): boolean {
  return HAD_ONE.test(said) || said.trim() === ''
}

/** @param said what `ssh -v` said before it ended with 255. */
export function explainSsh(said: string, target: SshTarget): SshFailure {
  for (const { says, failure, what, hint } of CASES) {
    const found = says.exec(said)
    if (found !== null) return { failure, what: what(found, target, said), hint: hint(target, found) }
  }
  return { failure: 'not-reached', what: lastWords(said), hint: `try it by hand: ${byHand(target)}` }
}

/** @param said on the way from `ssh` to the script: by a login shell, `sudo`, `setpriv`. */
export function explainEntry(said: string, prompts: number, user: string, target: SshTarget): SshFailure {
  const failure = 'no-right'
  if (said.includes(NO_SUDO)) {
    return {
      failure,
      what: `${target.user} cannot act as ${user}: there is no sudo`,
      hint: 'install sudo, or come in as root',
    }
  }
  if (/unknown user|no such user|invalid user|failed to parse reuid/i.test(said)) {
    return { failure, what: `there is no user ${user}`, hint: 'it comes with the package of PostgreSQL' }
  }
  if (prompts > 1) {
    return { failure, what: `sudo did not accept the password of ${target.user}`, hint: 'give the right one' }
  }
  if (/password is required|not in the sudoers|not allowed to (execute|run)|may not run sudo/.test(said)) {
    return { failure, what: `${target.user} may not act as ${user}`, hint: rightTo(target) }
  }
  return {
    failure,
    what: `nothing could be run as ${user}: ${lastWords(said)}`,
    hint: `try it by hand: ${byHand(target)}`,
  }
}

function rightTo(target: SshTarget): string {
  return `give the password of sudo, or the right without one: echo '${target.user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/${target.user}`
}

/** The fingerprint as we see it, and as the host itself tells it. */
function compare({ hostname, port }: SshTarget): string {
  const portOption = port === '22' ? '' : `-p ${port} `
  return `compare what ssh-keyscan ${portOption}-t ed25519 ${hostname} | ssh-keygen -lf - shows with what ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows on the host`
}

function knownName({ hostname, port }: SshTarget): string {
  return port === '22' ? hostname : `'[${hostname}]:${port}'`
}

function byHand(target: SshTarget): string {
  return `ssh ${words(target)} true`
}

function words({ options, destination }: SshTarget): string {
  return options === '' ? destination : `${options} ${destination}`
}

function triedKeys(said: string): string {
  const offered = [...said.matchAll(/Offering public key: (.*?) \S+ SHA256:/g)].map((found) => found[1])
  return offered.length > 0 ? `tried ${[...new Set(offered)].join(', ')}` : 'there was no key to try'
}

/** Its last line that is not for those who debug it. */
function lastWords(said: string): string {
  const lines = said.split('\n').map((line) => line.trim())
  return (
    lines.filter((line) => line !== '' && !/^(debug\d|OpenSSH_|Authenticated to|Transferred)/.test(line)).at(-1) ??
    'ssh ended without a word'
  )
}
