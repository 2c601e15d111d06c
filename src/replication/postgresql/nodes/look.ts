import { createHash } from 'node:crypto'
import { quoteShell, type Script } from '../script.js'
import { CONTROL_BYTES, readControlFile } from './control-file.js'
import type { ManagedNode } from './managed-node.js'
import type { ClusterState, NodeState } from './node-state.js'
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
    return { is: 'out-of-reach', why: (error as Error).message }
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

/** As the nodes' own hosts count it. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

interface Seen {
  readonly control: Buffer | undefined
  readonly isStandby: boolean
  readonly isRunning: boolean
  readonly files: ReadonlyMap<string, string>
}

async function seenBy(node: ManagedNode): Promise<Seen> {
  const [said, running] = await Promise.all([
    node.host.run(lookScript(node), { timeoutMs: LOOK_TIMEOUT_MS }),
    node.host.run(node.layout.isRunning(), { timeoutMs: LOOK_TIMEOUT_MS }),
  ])
  if (said.code !== 0) throw new Error(`${node.host.name}: ${said.stderr.trim()}`)
  const values = (key: string) =>
    said.stdout.split('\n').flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []))
  const control = Buffer.from(values('control')[0] ?? '', 'base64')
  return {
    control: control.length < CONTROL_BYTES ? undefined : control,
    isStandby: values('standby').length > 0,
    isRunning: running.code === 0,
    files: new Map(values('file').map((line) => [line.slice(65), line.slice(0, 64)] as const)),
  }
}

function lookScript({ layout }: ManagedNode): Script {
  const { dataDir, includeFile, hbaFile, passFile } = layout.paths
  const data = quoteShell(dataDir)
  const files = [includeFile, hbaFile, passFile].map(quoteShell).join(' ')
  return {
    as: 'server',
    text: `if [ -e ${data}/global/pg_control ]; then
  echo "control $(head -c ${CONTROL_BYTES} ${data}/global/pg_control | base64 | tr -d '\\n')"
fi
if [ -e ${data}/standby.signal ]; then echo 'standby yes'; fi
sum() { sha256sum "$1" 2>/dev/null || shasum -a 256 "$1"; }
for file in ${files}; do
  if [ -e "$file" ]; then echo "file $(sum "$file" | cut -c 1-64) $file"; fi
done`,
  }
}
