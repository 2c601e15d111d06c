import { trustedLines } from '../config/trusted-lines.js'
import { hasData } from '../nodes/node-state.js'
import { primaries, refusal, runningPrimary, type Survey, stateOf, timelineOf } from './survey.js'

/** The one that runs, else the stopped one with the newest history, else the first of a new cluster. */
export function choosePrimary(survey: Survey): string {
  if (primaries(survey).length > 0) return runningPrimary(survey).name
  const all = [...survey.states]
  const stopped = all.filter(([, it]) => it.is === 'stopped' && !it.isStandby)
  const newest = Math.max(...all.map(([, it]) => timelineOf(it)))
  const [candidate, second] = stopped.filter(([, it]) => timelineOf(it) === newest)
  if (candidate !== undefined && second !== undefined) {
    throw refusal(
      `${candidate[0]} and ${second[0]} both stopped as primaries of timeline ${newest}`,
      `decide which one has the data that counts, start that one, then sluice rejoin the other`,
    )
  }
  if (candidate !== undefined) return candidate[0]
  const [first] = all
  if (first !== undefined && all.every(([, it]) => it.is === 'absent')) return first[0]
  throw refusal('there is no primary: every node with the newest history is a standby', 'sluice failover promotes one')
}

/** Data of another system is somebody's: it is never touched unless that is asked for. */
export function mustBeOneSystem(survey: Survey, primary: string): void {
  const own = stateOf(survey, primary)
  if (!hasData(own)) return
  for (const [name, state] of survey.states) {
    if (!hasData(state) || state.control.systemIdentifier === own.control.systemIdentifier) continue
    throw refusal(
      `${name} has data that did not come from ${primary}, of system ${state.control.systemIdentifier}`,
      `sluice up --replace ${name} sets it aside, where nothing of it is lost, and copies ${primary}`,
    )
  }
}

/** To make more of such nodes would make it worse. */
export function mustAskForPasswords({ states }: Survey): void {
  for (const [name, state] of states) {
    const [line] = hasData(state) ? trustedLines(state.files.hba ?? '') : []
    if (line === undefined) continue
    throw refusal(
      `${name} lets in whoever comes over the network, without a password: its pg_hba.conf has the line "${line}"`,
      'write scram-sha-256 in the place of trust, and reload it; or sluice up --allow-trust',
    )
  }
}

export function mustAnswer({ states }: Survey): void {
  for (const [name, state] of states) {
    if (state.is === 'silent') throw refusal(`${name} does not answer: ${state.why}`, `see sluice logs ${name}`)
    if (state.is === 'out-of-reach') {
      throw refusal(`${name} cannot be reached: ${state.why}`, state.hint ?? `see whether its machine runs`)
    }
  }
}
