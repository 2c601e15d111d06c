import { quoteShell, type Script } from '../script.js'
import { CONTROL_BYTES, readControlFile } from './control-file.js'
import type { ManagedNode } from './managed-node.js'
import type { ClusterState, NodeState } from './node-state.js'
import type { OwnFiles } from './own-files.js'
import { RUNNING, type RunningRow, readRunning } from './running.js'

/** Milliseconds for the host to say what there is. */
const LOOK_TIMEOUT_MS = 10_000

/** Looks at all nodes at once. What is wrong with a node is part of what is seen, never an error. */
export async function lookAt(nodes: readonly ManagedNode[]): Promise<ClusterState> {
  return new Map(await Promise.all(nodes.map(async (node) => [node.name, await look(node)] as const)))
}

export async function look(node: ManagedNode): Promise<NodeState> {
  let seen: Seen
  try {
    seen = await seenBy(node)
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string }
    return { is: 'out-of-reach', why: message, hint }
  }
  const { control, files, isStandby } = seen
  if (control === undefined) return { is: 'absent' }
  const existing = { control: readControlFile(control), files }
  if (!seen.isRunning) return { ...existing, is: 'stopped', isStandby }
  try {
    const [row] = await inTime(node)
    if (row === undefined) throw new Error('it answers with nothing')
    return { ...existing, ...readRunning(row) }
  } catch (error) {
    return { ...existing, is: 'silent', why: (error as Error).message }
  }
}

/** A server that was frozen while it was asked would be waited for for very long. */
function inTime({ sql }: ManagedNode): Promise<readonly RunningRow[]> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      void sql.close()
      reject(new Error(`no answer within ${LOOK_TIMEOUT_MS} ms`))
    }, LOOK_TIMEOUT_MS)
    sql
      .rows<RunningRow>(RUNNING)
      .then(resolve, reject)
      .finally(() => clearTimeout(late))
  })
}

/** What it has of our files at this moment. */
export async function lookAtFiles(node: ManagedNode): Promise<OwnFiles> {
  return (await seenBy(node)).files
}

interface Seen {
  readonly control: Buffer | undefined
  readonly isStandby: boolean
  readonly isRunning: boolean
  readonly files: OwnFiles
}

async function seenBy(node: ManagedNode): Promise<Seen> {
  const said = await node.host.run(lookScript(node), { timeoutMs: LOOK_TIMEOUT_MS })
  if (said.code !== 0) throw new Error(`${node.host.name}: ${said.stderr.trim()}`)
  const lines = said.stdout.split('\n')
  const value = (key: string) => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1)
  const decoded = (key: string) => {
    const found = value(key)
    return found === undefined ? undefined : Buffer.from(found, 'base64')
  }
  const control = decoded('control') ?? Buffer.alloc(0)
  return {
    control: control.length < CONTROL_BYTES ? undefined : control,
    isStandby: value('standby') !== undefined,
    isRunning: value('running') !== undefined,
    files: {
      settings: decoded('settings')?.toString(),
      hba: decoded('hba')?.toString(),
      passFileHash: value('passfile'),
    },
  }
}

function lookScript({ layout }: ManagedNode): Script {
  const { dataDir, includeFile, hbaFile, passFile } = layout.paths
  const [data, pass] = [quoteShell(dataDir), quoteShell(passFile)]
  return {
    as: layout.seenBy,
    text: `one_line() { base64 | tr -d '\\n'; }
if [ -e ${data}/global/pg_control ]; then
  echo "control $(head -c ${CONTROL_BYTES} ${data}/global/pg_control | one_line)"
fi
if [ -e ${data}/standby.signal ]; then echo 'standby yes'; fi
show() { if [ -e "$2" ]; then echo "$1 $(one_line <"$2")"; fi; }
show settings ${quoteShell(includeFile)}
show hba ${quoteShell(hbaFile)}
sum() { sha256sum "$1" 2>/dev/null || shasum -a 256 "$1"; }
if [ -e ${pass} ]; then echo "passfile $(sum ${pass} | cut -c 1-64)"; fi
if (${layout.isRunning().text}) >/dev/null 2>&1; then echo 'running yes'; fi`,
  }
}
