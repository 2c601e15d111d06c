import type { RunAs } from '../script.js'

/** The first line on both streams that is ours. What stands before it was said on the way in. */
export const READY = 'sluice-ready'
/** What `sudo` asks for a password with. */
export const PROMPT = 'sluice-password:'
/** The last line of stderr after a script that ends with 255, which `ssh` uses for its own failures. */
export const ENDED_WITH_255 = 'sluice-ended-with-255'
/** What we put before what a login shell said that runs nothing. */
export const NO_SHELL = 'sluice-no-shell'
/** What the way in says where there is no `sudo`. */
export const NO_SUDO = 'sluice-no-sudo'

/**
 * Becomes the user that the script runs as: `$2`; with `sudo` and the options after it where we are not root.
 *
 * Root becomes another with `setpriv`: `runuser` stays behind as a parent that stops when its child is stopped.
 */
const ENTRY = `cd / && export LC_ALL=C.UTF-8
loader=$1 user=$2; shift 2
[ "$user" != "" ] || user=$(id -un)
if [ "$(id -un)" = "$user" ]; then exec bash -c "$loader"; fi
if [ "$(id -u)" = 0 ]; then exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --reset-env bash -c "$loader"; fi
command -v sudo >/dev/null || { echo ${NO_SUDO} >&2; exit 1; }
exec sudo "$@" -H -u "$user" -- bash -c "$loader"`

/**
 * Reads a script and its input, and runs it in a process group of its own for as long as it hears from us: three lines
 * (bytes of script, bytes of input, seconds of silence after which nobody is there), the script, the input, and then a
 * line now and again. When our end closes or falls silent the group is ended, so that no script outlives a run that was
 * given up, a process that was killed, or a line that was cut. What did not arrive whole is not begun.
 *
 * Its own stderr goes nowhere: bash would tell there of jobs that are done. It counts bytes, in the C locale; the script has UTF-8. What leaves the group is not ended: a server, and apt's dpkg.
 */
const LOADER = `cd / && export LC_ALL=C
echo ${READY}; echo ${READY} >&2
IFS= read -r size; IFS= read -r more; IFS= read -r patience
text=$(head -c "$size"; echo x); text=\${text%x}
input=$(head -c "$more"; echo x); input=\${input%x}
[ "\${#text}" = "$size" ] && [ "\${#input}" = "$more" ] || { echo "the script did not arrive whole" >&2; exit 254; }
end() { trap "" TERM; kill -TERM -- "-$job"; { sleep 5; kill -KILL -- "-$job"; } >/dev/null 2>&1 4>&- & killer=$!; }
trap end TERM
exec 3<&0 4>&2 2>/dev/null
set -m
( set +m; exec 2>&4 3<&- 4>&-; trap - TERM; LC_ALL=C.UTF-8; set -eo pipefail; eval "$text" ) < <(exec 3<&- 4>&-; printf %s "$input") & job=$!
( trap - TERM; while IFS= read -r -t "$patience" _ <&3; do :; done; kill -TERM $$ ) >/dev/null 4>&- & watch=$!
exec 3<&-
while :; do wait "$job"; code=$?; kill -0 "$job" || break; done
kill -KILL -- "-$watch" \${killer:+"-$killer"}
[ "$code" != 255 ] || echo ${ENDED_WITH_255} >&4
exit "$code"`

/**
 * What is put on the command line of `ssh`: the same for every script, and with nothing in it that is anybody's business.
 *
 * @param serverUser who `server` is.
 */
export function remoteCommand(as: RunAs, serverUser: string, hasPassword: boolean): string {
  const user = { login: '', root: 'root', server: serverUser }[as]
  // -k: a password is asked for as on the first day, however long ago the last one was.
  const sudo = hasPassword ? ['-k', '-S', '-p', PROMPT] : ['-n']
  const words = [ENTRY, 'sluice', LOADER, user, ...sudo]
  return `exec bash -c ${words.map((it) => `'${it}'`).join(' ')}`
}

/** What travels by standard input. */
export function framed(text: string, input: string, patienceMs: number): Buffer {
  const [script, rest] = [Buffer.from(text), Buffer.from(input)]
  return Buffer.concat([
    Buffer.from(`${script.length}\n${rest.length}\n${Math.ceil(patienceMs / 1000)}\n`),
    script,
    rest,
  ])
}
