import type { Described } from './described.js'
import type { TestHost } from './test-host.js'

/** A pair that repmgr looks after. */
export interface RepmgrPair {
  readonly primary: TestHost
  readonly standby: TestHost
  readonly url: string
  readonly tookMs: number
  /** That a person has to type. */
  readonly commands: number
}

const INSTALL = `export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/own.conf
apt-get update -q
apt-get install -q -y --no-install-recommends postgresql repmgr
pg_createcluster $(ls /usr/lib/postgresql) main`

const AS = 'cd /; runuser -u postgres --'

/** By its documentation, on bare hosts: a superuser for it, `trust` between the two, keys of `postgres` exchanged. */
export async function setUpRepmgr({ hosts }: Described): Promise<RepmgrPair> {
  const [primary, standby] = hosts as readonly [TestHost, TestHost]
  const startedMs = performance.now()
  let commands = 0
  const on = async (host: TestHost, script: string) => {
    commands += script.split('\n').filter((it) => it.trim() !== '' && !/^\s*(export|END|\}|\))/.test(it)).length
    return host.inside(script)
  }
  for (const [at, host] of [primary, standby].entries()) {
    await on(host, INSTALL)
    await on(host, configure(at + 1, host, [primary, standby]))
  }
  await exchangeKeys(on, [primary, standby])
  await on(
    primary,
    `pg_ctlcluster $(ls /usr/lib/postgresql) main start
${AS} createuser -s repmgr
${AS} createdb -O repmgr repmgr
${AS} psql -qc "create role app login password 'known'" -c 'create database app owner app'
${AS} repmgr -f /etc/repmgr.conf primary register`,
  )
  await on(
    standby,
    `rm -rf /var/lib/postgresql/*/main
${AS} repmgr -f /etc/repmgr.conf -h ${primary.address} -U repmgr -d repmgr standby clone --fast-checkpoint
pg_ctlcluster $(ls /usr/lib/postgresql) main start
${AS} repmgr -f /etc/repmgr.conf standby register --wait-sync=20`,
  )
  const url = `postgres://app:known@${primary.address}:5432,${standby.address}:5432/app`
  return { primary, standby, url, tookMs: Math.round(performance.now() - startedMs), commands }
}

/** @returns the same pair, with its roles as they are then. */
export async function switchOverByRepmgr(pair: RepmgrPair): Promise<RepmgrPair> {
  await pair.standby.inside(`${AS} repmgr -f /etc/repmgr.conf standby switchover --siblings-follow 2>&1`)
  return { ...pair, primary: pair.standby, standby: pair.primary }
}

function configure(id: number, host: TestHost, all: readonly TestHost[]): string {
  const access = all.flatMap(({ address }) =>
    ['replication', 'repmgr', 'postgres'].map((database) => `host ${database} repmgr ${address}/32 trust`),
  )
  return `major=$(ls /usr/lib/postgresql)
cat >/etc/postgresql/$major/main/conf.d/own.conf <<END
listen_addresses = '*'
wal_log_hints = on
hot_standby = on
shared_preload_libraries = 'repmgr'
END
cat >>/etc/postgresql/$major/main/pg_hba.conf <<END
${access.join('\n')}
host app app 0.0.0.0/0 scram-sha-256
END
cat >/etc/repmgr.conf <<END
node_id=${id}
node_name=${host.name}
conninfo='host=${host.address} user=repmgr dbname=repmgr connect_timeout=2'
data_directory='/var/lib/postgresql/$major/main'
config_directory='/etc/postgresql/$major/main'
pg_bindir='/usr/lib/postgresql/$major/bin'
use_replication_slots=true
service_start_command='sudo /usr/bin/pg_ctlcluster $major main start'
service_stop_command='sudo /usr/bin/pg_ctlcluster $major main stop'
service_restart_command='sudo /usr/bin/pg_ctlcluster $major main restart'
service_reload_command='sudo /usr/bin/pg_ctlcluster $major main reload'
service_promote_command='sudo /usr/bin/pg_ctlcluster $major main promote'
END
echo 'postgres ALL=(ALL) NOPASSWD: /usr/bin/pg_ctlcluster' >/etc/sudoers.d/postgres`
}

async function exchangeKeys(
  on: (host: TestHost, script: string) => Promise<string>,
  [one, two]: readonly [TestHost, TestHost],
): Promise<void> {
  const home = '/var/lib/postgresql/.ssh'
  const make = `${AS} ssh-keygen -q -t ed25519 -N '' -f ${home}/id_ed25519; cat ${home}/id_ed25519.pub`
  const keys = [
    await on(one, `install -d -m 700 -o postgres ${home}\n${make}`),
    await on(two, `install -d -m 700 -o postgres ${home}\n${make}`),
  ]
  for (const [host, key, other] of [
    [one, keys[1], two],
    [two, keys[0], one],
  ] as const) {
    await on(host, `echo '${key?.trim()}' >/etc/ssh/authorized_keys/postgres`)
    await on(host, `echo '${other.address} ${other.hostKey}' >${home}/known_hosts`)
  }
}
