import type { NewData } from '../nodes/managed-node.js'
import { addPgdg, installServer, updatePackageLists } from '../packages/debian-packages.js'
import { quoteShell, type Script } from '../script.js'
import type { Layout, LayoutPaths } from './layout.js'

export interface DebianLayoutOptions {
  /** PostgreSQL's major version: 15. */
  readonly major: number
  /** What `pg_lsclusters` calls it. Default `main`. */
  readonly cluster?: string
  /** Default 5432. */
  readonly port?: number
  /** The release, if the PostgreSQL project's own repository is to be used: `bookworm`. */
  readonly pgdg?: string | undefined
  /** Is the server started when the machine boots? Default: no. */
  readonly startsAtBoot?: boolean
}

/** Debian's own certificate for tests and the like: self-signed, of the package `ssl-cert`. */
export const CERTIFICATE = {
  ssl_cert_file: '/etc/ssl/certs/ssl-cert-snakeoil.pem',
  ssl_key_file: '/etc/ssl/private/ssl-cert-snakeoil.key',
} as const

/**
 * As Debian and Ubuntu keep their PostgreSQL, through their own tools: a person who knows those finds everything in its
 * place, and `systemd` looks after the server where there is one.
 *
 * @see https://manpages.debian.org/bookworm/postgresql-common/pg_createcluster.1.en.html
 */
export class DebianLayout implements Layout, NewData {
  readonly paths: LayoutPaths & { readonly socketDir: string }
  readonly port: number
  readonly hba = 'block'
  readonly seenBy = 'root'
  /** Where its configuration is. */
  readonly configDir: string
  readonly #major: number
  /** `15 main`, as its tools take it. */
  readonly #which: string
  readonly #pgdg: string | undefined
  readonly #startsAtBoot: boolean

  constructor({ major, cluster = 'main', port = 5432, pgdg, startsAtBoot = false }: DebianLayoutOptions) {
    const configDir = `/etc/postgresql/${major}/${cluster}`
    this.#major = major
    this.#which = `${major} ${quoteShell(cluster)}`
    this.port = port
    this.#pgdg = pgdg
    this.#startsAtBoot = startsAtBoot
    this.configDir = configDir
    this.paths = {
      binDir: `/usr/lib/postgresql/${major}/bin`,
      dataDir: `/var/lib/postgresql/${major}/${cluster}`,
      configFile: `${configDir}/postgresql.conf`,
      hbaFile: `${configDir}/pg_hba.conf`,
      includeFile: `${configDir}/conf.d/sluice.conf`,
      logFile: `/var/log/postgresql/postgresql-${major}-${cluster}.log`,
      socketDir: '/var/run/postgresql',
      // Beside the data: the folder of its configuration is made after a copy, which needs it.
      passFile: `/var/lib/postgresql/${major}/sluice-${cluster}.passfile`,
    }
  }

  /** The package, from the host's repositories or the PostgreSQL project's. */
  install(): readonly Script[] {
    const pgdg = this.#pgdg === undefined ? [] : [addPgdg(this.#pgdg)]
    return [updatePackageLists(), ...pgdg, installServer(this.#major)]
  }

  /** Exit code 0: there is such a cluster, running or not; 1: there is none. */
  exists(): Script {
    return asRoot(`test -e ${quoteShell(this.paths.configFile)}`)
  }

  /**
   * A new cluster, not started. A data directory with data in it is not touched: it gets its configuration, which is how
   * one that was copied from elsewhere becomes a cluster.
   *
   * With checksums, as `pg_rewind` needs them or `wal_log_hints`. The locale is the same on every node: C, with UTF-8.
   */
  create(): Script {
    const { dataDir } = this.paths
    const initdb = '--locale C.UTF-8 --encoding UTF8 -- --data-checksums --auth-local=peer --auth-host=scram-sha-256'
    return asRoot(`options='${initdb}'
data=${quoteShell(dataDir)}
if [ -e "$data/PG_VERSION" ]; then
  options=
  # Its tool moves these out of the data directory. In one that was copied from a node of ours there are none.
  [ -e "$data/postgresql.conf" ] || cp /usr/share/postgresql/${this.#major}/postgresql.conf.sample "$data/postgresql.conf"
  [ -e "$data/pg_hba.conf" ] || printf '%s\\n' 'local all all peer' >"$data/pg_hba.conf"
  [ -e "$data/pg_ident.conf" ] || : >"$data/pg_ident.conf"
  chown --reference="$data" "$data"/{postgresql,pg_hba,pg_ident}.conf
fi
pg_createcluster --port=${this.port} --start-conf=manual ${this.#which} $options`)
  }

  /** What `pg_basebackup` made, which needs no more than its name. */
  adopt(): string {
    const data = quoteShell(this.paths.dataDir)
    return `mv ${quoteShell(`${this.paths.dataDir}.new`)} ${data}`
  }

  /**
   * Data that was copied from elsewhere becomes a cluster; what it needs of its host is there; and it starts at boot, or
   * does not, as it should.
   */
  settle(): Script {
    const { configFile, includeFile } = this.paths
    const [certificate, key] = Object.values(CERTIFICATE)
    return asRoot(`if [ ! -e ${quoteShell(configFile)} ]; then
${this.create().text}
fi
grep -Eq "^[[:space:]]*include_dir[[:space:]]*=?[[:space:]]*'?conf.d'?" ${quoteShell(configFile)} || {
  echo "${configFile} does not read ${includeFile}: it needs a line include_dir = 'conf.d'" >&2
  exit 3
}
if [ ! -e ${certificate} ] || [ ! -e ${key} ]; then
  if command -v make-ssl-cert >/dev/null; then make-ssl-cert generate-default-snakeoil --force-overwrite; fi
fi
${this.setStart(this.#startsAtBoot ? 'auto' : 'manual').text}`)
  }

  /** The cluster, with its data and its configuration. */
  remove(): Script {
    const pass = quoteShell(this.paths.passFile)
    return asRoot(`if [ -e ${quoteShell(this.paths.configFile)} ]; then pg_dropcluster --stop ${this.#which}; fi
# Its tool leaves what it did not make.
rm -rf ${quoteShell(this.configDir)} ${pass}`)
  }

  /**
   * Whether it is started when the machine boots: `manual`, not by itself. Debian's own choice is `auto`, with which a
   * primary that lost its power comes back as a second one, and takes writes that nobody will see again.
   */
  setStart(how: 'manual' | 'auto'): Script {
    const file = quoteShell(`${this.configDir}/start.conf`)
    return asRoot(`sed -Ei 's/^[[:space:]]*(auto|manual|disabled)/${how}/' ${file}
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi`)
  }

  /** Exit code 2 of its tool: it is so already. */
  start(): Script {
    return asRoot(unlessAlready(`pg_ctlcluster ${this.#which} start`))
  }

  /** `systemd` knows one way to stop, the fast one. */
  stop(mode: 'fast' | 'immediate'): Script {
    const past = mode === 'immediate' ? ' --skip-systemctl-redirect' : ''
    return asRoot(unlessAlready(`pg_ctlcluster${past} -m ${mode} ${this.#which} stop`))
  }

  reload(): Script {
    return asRoot(`pg_ctlcluster ${this.#which} reload`)
  }

  promote(): Script {
    return asRoot(`pg_ctlcluster ${this.#which} promote`)
  }

  isRunning(): Script {
    return asRoot(`pg_ctlcluster ${this.#which} status`)
  }
}

function asRoot(text: string): Script {
  return { as: 'root', text }
}

function unlessAlready(command: string): string {
  return `${command} || [ $? = 2 ]`
}
