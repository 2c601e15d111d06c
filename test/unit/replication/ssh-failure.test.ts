import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainEntry, explainSsh, type SshTarget } from '../../../src/replication/postgresql/hosts/ssh-failure.js'

const TARGET: SshTarget = { destination: 'db', options: '', hostname: '10.0.0.1', port: '2222', user: 'anna' }

/** What cannot well be had from a real sshd: its texts are those of OpenSSH 9.2. */
const SSH: readonly [string, RegExp][] = [
  ['debug1: x\nConnection timed out during banner exchange\n', /^no answer from 10.0.0.1 port 2222: timed out$/],
  ['ssh: connect to host 10.0.0.1 port 2222: No route to host', /No route to host$/],
  ['kex_exchange_identification: Connection closed by remote host\r\ndebug1: end\n', /^kex_.* closed by remote host$/],
  ['Received disconnect from 10.0.0.1: 2: Too many authentication failures', /^anna was not let in: there was no key/],
  ['', /^ssh ended without a word$/],
]
for (const [said, what] of SSH) {
  test(`ssh says: ${JSON.stringify(said)}`, () => assert.match(explainSsh(said, TARGET).what, what))
}

test('keys that were offered are named once each', () => {
  const said = `debug1: Offering public key: /home/a b/id RSA SHA256:x agent
debug1: Offering public key: /home/a b/id RSA SHA256:x agent
debug1: Offering public key: anna@laptop ED25519 SHA256:y agent
anna@10.0.0.1: Permission denied (publickey).`
  assert.equal(explainSsh(said, TARGET).what, 'anna was not let in: tried /home/a b/id, anna@laptop')
})

test('commands in hints have the port where it is not the usual one', () => {
  const { hint } = explainSsh('REMOTE HOST IDENTIFICATION HAS CHANGED!', TARGET)
  assert.match(hint, /ssh-keyscan -p 2222 -t ed25519 10\.0\.0\.1 .* ssh-keygen -R '\[10\.0\.0\.1\]:2222'$/)
})

test('without sudo on the host, that is what is said', () => {
  const { what } = explainEntry('hello\nsluice-no-sudo\n', 0, 'root', TARGET)
  assert.equal(what, 'anna cannot act as root: there is no sudo')
})

test('what is not known is passed on', () => {
  const { failure, what } = explainEntry('bash: not found\n', 0, 'root', TARGET)
  assert.deepEqual([failure, what], ['no-right', 'nothing could be run as root: bash: not found'])
})
