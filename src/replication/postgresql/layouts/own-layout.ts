import { quoteShell, type Script } from '../script.js'
import type { Layout, LayoutPaths } from './layout.js'

export interface OwnLayoutOptions {
  /** All of the node is in it. Absolute. */
  readonly folder: string
  readonly binDir: string
  readonly port: number
}

/**
 * A node with everything in one folder of ours, run by `pg_ctl`.
 *
 * What makes the node itself lies beside its data directory: `pg_basebackup` and `pg_rewind` carry that from node to node,
 * and what stands in it is the same on all of them.
 */
export class OwnLayout implements Layout {
  readonly paths: LayoutPaths
  readonly port: number
  readonly hba = 'whole'
  readonly seenBy = 'server'
  readonly folder: string

  constructor({ folder, binDir, port }: OwnLayoutOptions) {
    this.folder = folder
    this.port = port
    this.paths = {
      binDir,
      dataDir: `${folder}/data`,
      configFile: `${folder}/data/postgresql.conf`,
      hbaFile: `${folder}/conf/pg_hba.conf`,
      includeFile: `${folder}/conf/sluice.conf`,
      logFile: `${folder}/log/postgresql.log`,
      passFile: `${folder}/conf/passfile`,
    }
  }

  /**
   * A new data directory, with checksums, as `pg_rewind` needs them or `wal_log_hints`. The password of the superuser
   * `postgres` is read from the standard input. It appears under its name when it is complete.
   */
  create(): Script {
    const unfinished = quoteShell(`${this.paths.dataDir}.new`)
    const who = '--username=postgres --pwfile=<(cat) --auth=scram-sha-256'
    return asServer(`locale=C
if locale -a 2>/dev/null | grep -Eiqx 'c\\.utf-?8'; then locale=C.UTF-8; fi
rm -rf ${unfinished}
${this.#program('initdb')} --pgdata=${unfinished} ${who} --encoding=UTF8 --locale="$locale" --data-checksums >/dev/null
${this.adopt()}`)
  }

  /** The last lines of a script that has made `data.new`: it reads our configuration from now on, under its right name. */
  adopt(): string {
    const { dataDir, configFile, includeFile } = this.paths
    const config = quoteShell(configFile.replace(dataDir, `${dataDir}.new`))
    // Relative: this file is the same on every node, wherever it is carried.
    return `printf '%s\\n' "include '../${includeFile.slice(this.folder.length + 1)}'" >${config}
mv ${quoteShell(`${dataDir}.new`)} ${quoteShell(dataDir)}`
  }

  /** Its programs are found, not installed. */
  install(): readonly Script[] {
    return []
  }

  /** Where it is, it is known. */
  settle(): undefined {}

  /** Everything of the node, its data first of all. */
  remove(): Script {
    return { as: 'login', text: `rm -rf ${quoteShell(this.folder)}` }
  }

  start(): Script {
    const { logFile } = this.paths
    return asServer(`mkdir -p "$(dirname ${quoteShell(logFile)})"
${this.#control('status')} >/dev/null || ${this.#control(`-w -t 60 -l ${quoteShell(logFile)} start`)} >/dev/null`)
  }

  /** At once means at once: one that is frozen, or does not end, is killed with all its processes. */
  stop(mode: 'fast' | 'immediate'): Script {
    const stop = (seconds: number) => `${this.#control(`-w -t ${seconds} -m ${mode} stop`)} >/dev/null`
    if (mode === 'fast') return asServer(`if ${this.#control('status')} >/dev/null; then ${stop(60)}; fi`)
    return asServer(`if ${this.#control('status')} >/dev/null; then
  pid=$(head -n 1 ${quoteShell(`${this.paths.dataDir}/postmaster.pid`)})
  family="$pid $(ps -A -o pid= -o ppid= | awk -v parent="$pid" '$2 == parent { print $1 }')"
  # It may have gone meanwhile, all of it or in part.
  ${stop(5)} 2>&1 || kill -KILL $family 2>/dev/null || :
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
fi`)
  }

  reload(): Script {
    return asServer(`${this.#control('reload')} >/dev/null`)
  }

  promote(): Script {
    return asServer(`${this.#control('-w -t 60 promote')} >/dev/null`)
  }

  /** `pg_ctl` has 4 for "no data directory": nothing runs there either. */
  isRunning(): Script {
    return asServer(`${this.#control('status')} >/dev/null 2>&1 || exit 3`)
  }

  #control(what: string): string {
    return `${this.#program('pg_ctl')} -D ${quoteShell(this.paths.dataDir)} ${what}`
  }

  #program(name: string): string {
    return quoteShell(`${this.paths.binDir}/${name}`)
  }
}

function asServer(text: string): Script {
  return { as: 'server', text }
}
