import type { StepWork } from '../operations/work.js'
import { runScript } from './run-script.js'

/** Downloads take their time. */
const TIMEOUT_MS = 30 * 60_000

export async function install(work: StepWork): Promise<void> {
  for (const script of work.node.layout.install()) {
    await runScript(work, script, {
      timeoutMs: TIMEOUT_MS,
      onLine: (line) => /^(Get|Unpacking|Setting up)\b/.test(line) && work.goOn(line.trim()),
    })
  }
}
