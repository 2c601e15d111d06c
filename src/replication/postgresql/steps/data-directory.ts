import type { StepWork } from '../operations/work.js'
import { quoteShell } from '../script.js'
import { runScript } from './run-script.js'

export async function create(work: StepWork): Promise<void> {
  const { admin } = work.secrets
  await runScript(work, { ...work.node.layout.create(), ...(admin === undefined ? {} : { input: admin }) })
}

/** Under a name that nothing has. There is no step that deletes what is in it. */
export async function setAside(work: StepWork): Promise<void> {
  const data = quoteShell(work.node.layout.paths.dataDir)
  const text = `if [ -e ${data} ]; then
  aside=${data}.before-$(date -u +%Y%m%dT%H%M%SZ)
  mv -n ${data} "$aside"
  [ ! -e ${data} ]
  echo "$aside"
fi`
  await runScript(
    work,
    { as: 'server', text },
    { onLine: (line, from) => from === 'stdout' && work.say(`the old data is in ${line}`) },
  )
}

export async function remove(work: StepWork): Promise<void> {
  await runScript(work, work.node.layout.remove())
}
