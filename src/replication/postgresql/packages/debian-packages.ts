import type { Script } from '../script.js'

/** What a host has, and can get, of PostgreSQL. */
export interface PackageFacts {
  /** `ID` and `VERSION_CODENAME` of `/etc/os-release`: `debian`, `bookworm`. */
  readonly system: string
  readonly codename: string
  /** Servers that are installed, the newest first. */
  readonly installed: readonly ServerPackage[]
  /** Servers that could be installed from the repositories that the host has, the newest first. */
  readonly available: readonly ServerPackage[]
  /** Does it have the repository of the PostgreSQL project? */
  readonly hasPgdg: boolean
}

export interface ServerPackage {
  readonly major: number
  /** The package's: `15.20-0+deb12u1`. */
  readonly version: string
  /** Where it is, or would be, from: `pgdg`, or the distribution's, or another that the host has. */
  readonly from: 'pgdg' | 'distribution'
}

/** Versions of the PostgreSQL project's packages say so. */
const PGDG_VERSION = /\.pgdg\d/
const KEY = '/usr/share/postgresql-common/pgdg/apt.postgresql.org'

/** What `readPackageFacts` reads. It asks no network: what is available is as of the last update of the host's lists. */
export function lookAtPackages(): Script {
  return {
    as: 'login',
    text: `command -v dpkg-query >/dev/null || { echo 'this is neither Debian nor Ubuntu: there is no dpkg' >&2; exit 2; }
. /etc/os-release
echo "system $ID \${VERSION_CODENAME:-}"
dpkg-query --showformat='installed \${Package} \${Version} \${db:Status-Status}\\n' --show 'postgresql-[0-9]*' 2>/dev/null || :
apt-cache pkgnames postgresql- | { grep -Ex 'postgresql-[0-9]+' || :; } | while read -r name; do
  apt-cache policy "$name" | sed -n "s/^  Candidate: /available $name /p"
done
if grep -rqs 'apt\\.postgresql\\.org' /etc/apt/sources.list /etc/apt/sources.list.d; then echo pgdg; fi`,
  }
}

export function readPackageFacts(said: string): PackageFacts {
  const lines = said.split('\n').map((line) => line.split(' '))
  const [, system = '', codename = ''] = lines.find(([what]) => what === 'system') ?? []
  const installed = lines.filter(([what, , , status]) => what === 'installed' && status === 'installed')
  const available = lines.filter(([what, , version]) => what === 'available' && version !== '(none)')
  return {
    system,
    codename,
    installed: serversIn(installed),
    available: serversIn(available),
    hasPgdg: lines.some(([what]) => what === 'pgdg'),
  }
}

/** Has the host learn anew what there is: `readPackageFacts` of the next look tells it. */
export function updatePackageLists(): Script {
  return { as: 'root', text: `${QUIET}\napt-get update -q` }
}

/**
 * Installs a server, and has no cluster made or started by its package, for that one would be a primary of its own.
 *
 * What was left half done by an installation that was killed is finished first.
 */
export function installServer(major: number): Script {
  return {
    as: 'root',
    text: `${QUIET}
apt-cache show postgresql-${major} >/dev/null 2>&1 || {
  echo 'no repository of this host has a package postgresql-${major}' >&2
  exit 3
}
finish_what_was_begun
mkdir -p /etc/postgresql-common/createcluster.d
hold=/etc/postgresql-common/createcluster.d/zz-sluice.conf
trap 'rm -f "$hold"' EXIT
echo 'create_main_cluster = false' >"$hold"
apt-get install -q -y --no-install-recommends postgresql-common
grep -qs '^include_dir' /etc/postgresql-common/createcluster.conf || {
  echo 'this postgresql-common cannot be told to make no cluster: it is too old' >&2
  exit 3
}
apt-get install -q -y --no-install-recommends postgresql-${major}`,
  }
}

/**
 * Adds the repository of the PostgreSQL project, with the key that the distribution's own package brings.
 *
 * @param codename of the host's system, as `PackageFacts` has it.
 * @see https://wiki.postgresql.org/wiki/Apt
 */
export function addPgdg(codename: string): Script {
  if (!/^[a-z]+$/.test(codename)) throw new Error(`no codename of a release: ${codename}`)
  return {
    as: 'root',
    text: `${QUIET}
finish_what_was_begun
apt-get install -q -y --no-install-recommends ca-certificates postgresql-common
key=${KEY}.gpg
[ -e "$key" ] || key=${KEY}.asc
cat >/etc/apt/sources.list.d/pgdg.sources <<END
Types: deb
URIs: https://apt.postgresql.org/pub/repos/apt
Suites: ${codename}-pgdg
Components: main
Signed-By: $key
END
apt-get update -q
apt-cache policy | grep -q 'apt\\.postgresql\\.org' || {
  rm /etc/apt/sources.list.d/pgdg.sources
  echo 'apt.postgresql.org gives this host no packages for ${codename}' >&2
  exit 3
}`,
  }
}

/**
 * Nobody is there to answer questions. Who else installs something is waited for, also what an installation that was
 * given up left behind: apt's dpkg is in a session of its own, and ends its work.
 */
export const QUIET = `export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
apt-get() { command apt-get -o DPkg::Lock::Timeout=120 "$@" </dev/null; }
finish_what_was_begun() {
  local said tries=0
  until said=$(dpkg --configure -a 2>&1 </dev/null); do
    tries=$((tries + 1))
    case $said in
    *lock*) [ $tries -lt 120 ] && sleep 1 && continue ;;
    esac
    echo "$said" >&2
    return 1
  done
}`

function serversIn(lines: readonly (readonly string[])[]): readonly ServerPackage[] {
  const servers = lines.flatMap(([, name = '', version = '']) => {
    const major = /^postgresql-(\d+)$/.exec(name)?.[1]
    if (major === undefined) return []
    const from = PGDG_VERSION.test(version) ? ('pgdg' as const) : ('distribution' as const)
    return [{ major: Number(major), version, from }]
  })
  return servers.sort((a, b) => b.major - a.major)
}
