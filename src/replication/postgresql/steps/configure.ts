import { hbaText, type NodeFile, passFileText, settingsText } from '../config/node-files.js'
import { configOf, nodeOf, type StepWork, type Work } from '../operations/work.js'
import { quoteShell } from '../script.js'
import { output, runScript } from './run-script.js'

/** What the files of a node should say when it follows `upstream`. */
export function filesOf(work: Work, name: string, upstream: string | undefined): readonly NodeFile[] {
  const config = configOf(work, name, upstream)
  const { includeFile, hbaFile, passFile } = nodeOf(work, name).layout.paths
  return [
    { path: includeFile, text: settingsText(config) },
    { path: hbaFile, text: hbaText() },
    { path: passFile, text: passFileText(config.replicationPassword) },
  ]
}

export async function configure(work: StepWork, upstream: string | undefined): Promise<void> {
  const { node } = work
  // One by one, each whole or not at all: a server may read them at any moment.
  for (const { path, text } of filesOf(work, node.name, upstream)) {
    const [file, unfinished] = [quoteShell(path), quoteShell(`${path}.new`)]
    const script = `umask 077\nmkdir -p "$(dirname ${file})"\ncat >${unfinished}\nmv ${unfinished} ${file}`
    await runScript(work, { as: 'server', text: script, input: text })
  }
  const running = await node.host.run(node.layout.isRunning())
  if (running.code === 0) await output(work, node.layout.reload())
}

export async function makeStandby(work: StepWork): Promise<void> {
  const signal = quoteShell(`${work.node.layout.paths.dataDir}/standby.signal`)
  await runScript(work, { as: 'server', text: `umask 077\n: >${signal}` })
}
