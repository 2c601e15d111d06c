import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { hostsPart } from '../../support/hosts/part.js'
import { firstLine, Rack } from '../../support/hosts/rack.js'
import type { TestHost } from '../../support/hosts/test-host.js'
import { need } from '../../support/need.js'
import { eventually } from '../../support/pool.js'
import { isThere } from '../../support/servers.js'

const run = promisify(execFile)

const withPostgres = need({
  suite: 'test hosts with PostgreSQL',
  what: 'PostgreSQL 15 (Debian package postgresql-15)',
  isThere: existsSync('/usr/lib/postgresql/15/bin/postgres'),
})

describe('test hosts', need(hostsPart('test hosts')), () => {
  let rack: Rack
  let one: TestHost
  let two: TestHost

  before(async () => {
    rack = await Rack.start()
    one = await rack.host('one')
    two = await rack.host('two', { diskMb: 16 })
  })
  after(() => rack?.stop())

  const ssh = async (destination: string, command: string): Promise<string> => {
    const options = ['-F', rack.sshConfig, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=2']
    return (await run('ssh', [...options, destination, command])).stdout.trim()
  }

  test('each is a machine of its own: name, processes, files and address', async () => {
    await one.inside('echo one >/etc/only-here')
    const seen = await ssh('admin@two', 'hostname; cat /proc/1/comm; ls /etc/only-here 2>&1 >/dev/null | wc -l')
    assert.equal(seen, 'two\nbash\n1')
    assert.notEqual(one.address, two.address)
  })

  test('they reach each other', async () => {
    const greeting = await one.inside(`exec 3<>/dev/tcp/${two.address}/22; head -c 4 <&3`)
    assert.equal(greeting, 'SSH-')
  })

  test('users differ in what sudo lets them do', async () => {
    assert.equal(await ssh('admin@one', 'sudo -n id -u'), '0')
    assert.equal(
      await ssh('careful@one', 'sudo -n id -u 2>&1 || echo correct-horse | sudo -S -p "" id -u'),
      'sudo: a password is required\n0',
    )
    await assert.rejects(ssh('plain@one', 'echo battery-staple | sudo -S -p "" id -u'), /not in the sudoers file/)
  })

  test('a bare host has no PostgreSQL, and packages of it in reach', async () => {
    await one.inside('apt-get update -qq')
    const seen = await ssh(
      'admin@one',
      'ls -d /usr/lib/postgresql 2>/dev/null; apt-cache policy postgresql | grep Installed',
    )
    assert.equal(seen, 'Installed: (none)')
  })

  test('a host may have the PostgreSQL of this machine, without a cluster', withPostgres, async () => {
    await rack.host('ready', { image: 'postgresql' })
    const seen = await ssh(
      'admin@ready',
      'pg_lsclusters --no-header; sudo pg_createcluster 15 main >&2; pg_lsclusters -h',
    )
    assert.match(seen, /^15 +main +5432 down/)
  })

  test('what was on the disk is there after a power cut, and nothing that ran', async () => {
    await one.inside('echo kept >/var/kept; setsid -f sleep 1000 >/dev/null 2>&1; echo gone >/run/gone')
    await one.powerCut()
    await assert.rejects(ssh('admin@one', 'true'))
    await one.boot()
    assert.equal(
      await ssh('admin@one', 'cat /var/kept; ls /run/gone 2>/dev/null; ps -C sleep -o args='),
      'kept\nsleep infinity',
    )
  })

  test('without its cable nobody reaches it', async () => {
    await one.unplug()
    await assert.rejects(ssh('admin@one', 'true'), /timed out|No route/)
    await one.plug()
    assert.equal(await ssh('admin@one', 'echo back'), 'back')
  })

  test('a disk can be full', async () => {
    await two.fillDisk()
    await assert.rejects(two.inside('echo more than nothing >/var/more'), /No space left/)
  })

  test('racks stand side by side', async () => {
    const other = await Rack.start()
    const links = [rack.link, other.link]
    await other.stop()
    assert.equal(new Set(links).size, 2)
    assert.ok(!existsSync(`/sys/class/net/${other.link}`))
  })

  test('all of it goes with the process that made it, however that ends', async () => {
    const main = join(import.meta.dirname, '../../support/hosts/rack-main.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', main], { stdio: ['ignore', 'pipe', 'inherit'] })
    const made = JSON.parse(await firstLine(child, 'the other process')) as {
      pid: number
      link: string
      folder: string
    }
    child.kill('SIGKILL')
    await eventually(
      () => isThere(made.pid) || existsSync(`/sys/class/net/${made.link}`),
      (isLeft) => !isLeft,
    )
    // A killed process removes no folder. It is empty: what was in it was mounted.
    await run('rm', ['-r', made.folder])
  })
})
