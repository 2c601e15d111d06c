import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import type { ClosedError } from '../../../src/base/errors.js'
import { HostError } from '../../../src/replication/postgresql/errors.js'
import { SshHost, type SshHostOptions } from '../../../src/replication/postgresql/hosts/ssh-host.js'
import type { RunAs, RunOptions } from '../../../src/replication/postgresql/script.js'
import { hostContract, processesWith } from '../../contract/host.js'
import { hostsPart } from '../../support/hosts/part.js'
import { Rack } from '../../support/hosts/rack.js'
import type { TestHost } from '../../support/hosts/test-host.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'
import { failureOf } from '../../support/servers.js'

describe('a host over SSH', need(hostsPart('hosts over SSH')), () => {
  let rack: Rack
  let machine: TestHost

  before(async () => {
    rack = await Rack.start()
    machine = await rack.host('db1')
  })
  after(() => rack?.stop())

  hostContract(() => {
    const options = { destination: 'admin@db1', configFile: rack.sshConfig }
    return {
      open: () => new SshHost(options),
      openedBy: { kind: 'ssh', options },
      look: (script) => machine.inside(script),
      lockDir: `/run/sluice-test-${process.pid}`,
    }
  })

  /** A way in, closed with the test. */
  const open = (t: TestContext, more: Partial<SshHostOptions> = {}): SshHost => {
    const host = new SshHost({ destination: 'admin@db1', configFile: rack.sshConfig, ...more })
    t.after(() => host.close())
    return host
  }
  /** Lines of `ssh_config` in front of the rack's. */
  const configWith = (t: TestContext, lines: string): string => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'config')
    t.after(() => rmSync(dirname(file), { recursive: true }))
    writeFileSync(file, `${lines}\nInclude ${rack.sshConfig}\n`)
    return file
  }
  const whyNot = async (host: SshHost, as: RunAs = 'login', options: RunOptions = {}) => {
    const error = (await failureOf(host.run({ as, text: 'id -un' }, options))) as HostError
    assert.ok(error instanceof HostError, error.stack)
    return error
  }

  test('a script runs as whoever it is for', async (t) => {
    const who = async (destination: string, sudoPassword?: string) => {
      const more = sudoPassword === undefined ? {} : { sudoPassword }
      const host = open(t, { destination, serverUser: 'plain', ...more })
      const said = []
      for (const as of ['login', 'root', 'server'] as const) {
        said.push((await host.run({ as, text: 'id -un; echo ~' })).stdout.trim().replace('\n', ' '))
      }
      return said
    }
    assert.deepEqual(await who('admin@db1'), ['admin /home/admin', 'root /root', 'plain /home/plain'])
    assert.deepEqual(await who('careful@db1', 'correct-horse'), [
      'careful /home/careful',
      'root /root',
      'plain /home/plain',
    ])
    assert.deepEqual(await who('root@db1'), ['root /root', 'root /root', 'plain /home/plain'])
    // A password that nobody asks for goes nowhere.
    assert.deepEqual(await who('admin@db1', 'not-asked-for'), ['admin /home/admin', 'root /root', 'plain /home/plain'])
  })

  test('a password of sudo is in no list of processes, and in no error', async (t) => {
    const host = open(t, { destination: 'careful@db1', sudoPassword: 'correct-horse' })
    let seen: readonly string[] | undefined
    const onLine = () => {
      seen ??= processesWith('correct-horse')
    }
    await host.run({ as: 'root', text: 'echo now; cat' }, { onLine })
    assert.deepEqual(seen, [])
    const wrong = await whyNot(open(t, { destination: 'careful@db1', sudoPassword: 'wrong-horse' }), 'root')
    assert.equal(wrong.message, 'careful@db1: sudo did not accept the password of careful')
    assert.ok(!inspect(wrong, { depth: 9 }).includes('wrong-horse'))
  })

  test('without the right to be root, it says how to get it', async (t) => {
    const unasked = await whyNot(open(t, { destination: 'careful@db1' }), 'root')
    assert.deepEqual([unasked.failure, unasked.outcome], ['no-right', 'not-sent'])
    assert.equal(unasked.message, 'careful@db1: careful may not act as root')
    assert.match(unasked.hint ?? '', /^give the password of sudo, or .*careful ALL=\(ALL\) NOPASSWD: ALL/)
    const never = await whyNot(open(t, { destination: 'plain@db1', sudoPassword: 'battery-staple' }), 'root')
    assert.equal(never.message, 'plain@db1: plain may not act as root')
    const nobody = await whyNot(open(t, { serverUser: 'nosuch' }), 'server')
    assert.equal(nobody.message, 'admin@db1: there is no user nosuch')
    const nobodyEither = await whyNot(open(t, { destination: 'root@db1', serverUser: 'nosuch' }), 'server')
    assert.equal(nobodyEither.message, 'root@db1: there is no user nosuch')
  })

  test('an unknown host key is not accepted, and the way to look at it is told', async (t) => {
    const known = join(mkdtempSync(join(tmpdir(), 'known-')), 'known_hosts')
    t.after(() => rmSync(dirname(known), { recursive: true }))
    const configFile = configWith(t, `UserKnownHostsFile ${known}\nStrictHostKeyChecking no`)
    const error = await whyNot(open(t, { configFile }))
    assert.deepEqual([error.failure, error.outcome], ['not-reached', 'not-sent'])
    assert.equal(error.message, `admin@db1: the host key of ${machine.address} is not known`)
    assert.ok(error.hint?.includes(`ssh-keyscan -t ed25519 ${machine.address} | ssh-keygen -lf -`), error.hint)
    assert.ok(error.hint?.endsWith(`ssh -F ${configFile} admin@db1 true`), error.hint)
    assert.ok(!existsSync(known))
  })

  test('a host key that changed is told from one that is not known', async (t) => {
    const known = join(mkdtempSync(join(tmpdir(), 'known-')), 'known_hosts')
    t.after(() => rmSync(dirname(known), { recursive: true }))
    const other = readFileSync(`${rack.privateKey}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
    writeFileSync(known, `${machine.address} ${other}\n`)
    const error = await whyNot(open(t, { configFile: configWith(t, `UserKnownHostsFile ${known}`) }))
    assert.match(error.message, /shows another host key than the one that is known$/)
    assert.match(error.hint ?? '', /ssh-keygen -R 10\.213\./)
  })

  test('whoever is not let in learns which keys were tried', async (t) => {
    const error = await whyNot(open(t, { destination: 'nobody@db1' }))
    assert.deepEqual([error.failure, error.outcome], ['not-let-in', 'not-sent'])
    assert.equal(error.message, `nobody@db1: nobody was not let in: tried ${rack.privateKey}`)
    assert.match(error.hint ?? '', /^put your key there with ssh-copy-id -F \S+ nobody@db1, or/)
    const keyless = configWith(t, 'IdentityFile /dev/null\nIdentitiesOnly yes\nPubkeyAuthentication no')
    assert.match(
      (await whyNot(open(t, { configFile: keyless }))).message,
      /admin was not let in: there was no key to try$/,
    )
  })

  test('what is in the way is told: name, port, machine, configuration', async (t) => {
    const name = await whyNot(open(t, { destination: 'admin@no-such-host.invalid' }))
    assert.match(name.message, /: the name no-such-host\.invalid cannot be resolved$/)
    const port = await whyNot(open(t, { configFile: configWith(t, 'Port 23') }))
    assert.equal(port.message, `admin@db1: ${machine.address} takes no connections on port 23`)
    const config = await whyNot(open(t, { configFile: configWith(t, 'NoSuchOption yes') }))
    assert.match(config.message, /ssh does not accept its configuration: .*bad configuration option/i)
    const away = configWith(t, `Host away\n  HostName ${machine.address.replace(/\d+$/, '250')}\nHost *`)
    const gone = await whyNot(open(t, { destination: 'admin@away', configFile: away, connectTimeoutMs: 2000 }))
    assert.match(gone.message, /: no answer from 10\.213\.\d+\.250 port 22: (timed out|No route to host)$/)
  })

  test('many runs share one connection, and what is in the way in of a login shell does not matter', async (t) => {
    await machine.inside('echo "echo hello from the shell; echo and its errors >&2" >>/home/admin/.bashrc')
    t.after(() => machine.inside('rm /home/admin/.bashrc'))
    const host = open(t)
    const before = connections()
    for (let i = 0; i < 5; i += 1) {
      const said = await host.run({ as: i % 2 === 0 ? 'login' : 'root', text: 'echo said' })
      assert.deepEqual(said, { code: 0, stdout: 'said\n', stderr: '' })
    }
    assert.equal(connections() - before, 1)
  })

  test('more run at once than one connection takes', async (t) => {
    const host = open(t)
    const said = await Promise.all(
      Array.from({ length: 14 }, (_, n) => host.run({ as: 'login', text: `sleep 0.2; echo ${n}` })),
    )
    assert.deepEqual(
      said.map((it) => it.stdout),
      Array.from({ length: 14 }, (_, n) => `${n}\n`),
    )
  })

  test('a jump host is passed as the configuration says', async (t) => {
    const far = await rack.host('far', { diskMb: 16 })
    await far.fillDisk()
    const configFile = configWith(t, `Host far\n  ProxyCommand ssh -F ${rack.sshConfig} -W %h:%p admin@db1\nHost *`)
    const host = open(t, { destination: 'admin@far', configFile })
    const before = connections()
    // Its disk is full, and that does not matter to a script.
    const said = await host.run({ as: 'root', text: 'hostname; wc -c', input: 'x'.repeat(200_000) })
    assert.equal(said.stdout, 'far\n200000\n')
    assert.equal(connections() - before, 1)
  })

  test('a host that was closed takes no more', async (t) => {
    const host = open(t)
    await host.close()
    assert.equal(((await failureOf(host.run({ as: 'login', text: 'true' }))) as ClosedError).code, 'ERR_CLOSED')
  })

  test('the login shell may be any', async (t) => {
    await machine.inside('usermod --shell /bin/dash admin')
    t.after(() => machine.inside('usermod --shell /bin/bash admin'))
    assert.match((await open(t).run({ as: 'root', text: 'echo "$BASH"' })).stdout, /\/bash\n$/)
    await machine.inside('usermod --shell /usr/sbin/nologin admin')
    assert.match(
      (await whyNot(open(t))).message,
      /admin can run nothing there: This account is currently not available\.$/,
    )
  })

  test('a cut line fails the run, ends the script there, and frees the lock', async (t) => {
    const host = open(t, { silentAfterMs: 3000 })
    const lock = await host.lock('/run/cut.lock', 'the one that is cut off')
    const run = whyNotRun(host, 'echo go; sleep 4712', () => machine.unplug())
    const error = await run
    assert.deepEqual([error.failure, error.outcome], ['lost', 'unknown'])
    await eventually(
      () => lock.lost?.aborted,
      (isLost) => isLost === true,
    )
    await eventually(
      () => machine.inside('ps -C sleep -o args=; flock -n /run/cut.lock echo free || :'),
      (seen) => seen === 'sleep infinity\nfree\n',
      20_000,
    )
    await machine.plug()
    assert.equal((await host.run({ as: 'login', text: 'echo back' })).stdout, 'back\n')
  })

  test('what was sent into a line that had been cut may have arrived: it is not said to be not sent', async (t) => {
    const host = open(t, { silentAfterMs: 3000, connectTimeoutMs: 2000 })
    await host.run({ as: 'login', text: 'true' })
    await machine.unplug()
    const error = await whyNot(host)
    assert.deepEqual([error.failure, error.outcome], ['lost', 'unknown'])
    const next = await whyNot(open(t, { connectTimeoutMs: 2000 }))
    assert.deepEqual([next.failure, next.outcome], ['not-reached', 'not-sent'])
    await machine.plug()
  })

  test('a machine without power fails the run; back again, it takes the next one', async (t) => {
    const host = open(t, { silentAfterMs: 3000 })
    const error = await whyNotRun(host, 'echo go; sleep 4713', () => machine.powerCut())
    assert.equal(error.failure, 'lost')
    await machine.boot()
    assert.equal((await host.run({ as: 'login', text: 'echo back' })).stdout, 'back\n')
  })

  const whyNotRun = async (host: SshHost, text: string, onGo: () => Promise<void>): Promise<HostError> => {
    const gone: Promise<void>[] = []
    const error = await failureOf(host.run({ as: 'login', text }, { onLine: () => void gone.push(onGo()) }))
    await Promise.all(gone)
    assert.ok(error instanceof HostError, error.stack)
    return error
  }
  const connections = () => machine.log.split('Accepted publickey').length
})
