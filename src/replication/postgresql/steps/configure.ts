import { lookAtFiles } from '../nodes/look.js'
import { filesOf } from '../nodes/own-files.js'
import type { StepWork } from '../operations/work.js'
import { quoteShell } from '../script.js'
import { output, runScript } from './run-script.js'

/** @param isAlone it waits for no standby: there is none yet. */
export async function configure(work: StepWork, upstream: string | undefined, isAlone = false): Promise<void> {
  const { node } = work
  const settle = node.layout.settle()
  if (settle !== undefined) await runScript(work, settle)
  const wanted = work.configOf(node.name, upstream)
  const config = isAlone ? { ...wanted, synchronousNames: '' } : wanted
  for (const { path, text } of filesOf(node.layout, config, await lookAtFiles(node))) await writeFile(work, path, text)
  const running = await node.host.run(node.layout.isRunning())
  if (running.code === 0) await output(work, node.layout.reload())
}

/** Whole or not at all: a server may read it at any moment. For its owner alone. */
export async function writeFile(work: StepWork, path: string, text: string): Promise<void> {
  const [file, unfinished] = [quoteShell(path), quoteShell(`${path}.new`)]
  const script = `umask 077\nmkdir -p "$(dirname ${file})"\ncat >${unfinished}\nmv ${unfinished} ${file}`
  await runScript(work, { as: 'server', text: script, input: text })
}

export async function makeStandby(work: StepWork): Promise<void> {
  const signal = quoteShell(`${work.node.layout.paths.dataDir}/standby.signal`)
  await runScript(work, { as: 'server', text: `umask 077\n: >${signal}` })
}
