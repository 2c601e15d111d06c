import { lookAtFiles } from '../nodes/look.js'
import { filesOf, type NodeFile } from '../nodes/own-files.js'
import type { StepWork } from '../operations/work.js'
import { quoteShell } from '../script.js'
import { runScript } from './run-script.js'

/** @param isAlone it waits for no standby: there is none yet. */
export async function configure(work: StepWork, upstream: string | undefined, isAlone = false): Promise<void> {
  const { node } = work
  const settle = node.layout.settle()
  if (settle !== undefined) await runScript(work, settle)
  const wanted = work.configOf(node.name, upstream)
  const config = isAlone ? { ...wanted, synchronousNames: '' } : wanted
  await writeFiles(work, filesOf(node.layout, config, await lookAtFiles(node)))
  const { as, text } = node.layout.reload()
  await runScript(work, { as, text: `if (${node.layout.isRunning().text}) >/dev/null 2>&1; then\n${text}\nfi` })
}

/** Each whole or not at all: a server may read it at any moment. For its owner alone. */
export async function writeFiles(work: StepWork, files: readonly NodeFile[]): Promise<void> {
  const scripts = files.map(({ path }) => {
    const [file, unfinished] = [quoteShell(path), quoteShell(`${path}.new`)]
    return `mkdir -p "$(dirname ${file})"\nread -r text\nprintf %s "$text" | base64 -d >${unfinished}\nmv ${unfinished} ${file}\n`
  })
  // Passwords travel by standard input only.
  const input = files.map(({ text }) => `${Buffer.from(text).toString('base64')}\n`).join('')
  await runScript(work, { as: 'server', text: `umask 077\n${scripts.join('')}`, input })
}

export async function makeStandby(work: StepWork): Promise<void> {
  const signal = quoteShell(`${work.node.layout.paths.dataDir}/standby.signal`)
  await runScript(work, { as: 'server', text: `umask 077\n: >${signal}` })
}
