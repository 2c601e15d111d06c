import { setTimeout as wait } from 'node:timers/promises'
import { type Judgement, judge, lagBytes } from '../../replication/postgresql/operations/judge.js'
import { runningStandbys, type Survey } from '../../replication/postgresql/operations/survey.js'
import type { Which } from '../cluster/open-cluster.js'
import { type ExitCode, json, type Streams } from '../cluster/streams.js'
import { lookingAt } from '../cluster/with-cluster.js'
import { historyText, statusText } from './format.js'
import { statusJson } from './rows.js'

export interface StatusOptions extends Which {
  readonly json: boolean
  readonly watch: boolean
}

const EXIT: Readonly<Record<Judgement['health'], ExitCode>> = { healthy: 0, degraded: 3, down: 4 }
const EVERY_MS = 1000
const KEPT_SAMPLES = 60
const HOME_AND_CLEAR = '\u001b[H\u001b[J'

export function runStatus(options: StatusOptions): Promise<ExitCode> {
  return lookingAt('status', options, async ({ cluster, streams, signal }) => {
    const lags = new Map<string, (number | undefined)[]>()
    for (;;) {
      const survey = await cluster.survey()
      const judgement = judge(survey)
      remember(lags, survey, judgement)
      show(survey, judgement, lags, options, streams)
      if (!options.watch) return EXIT[judgement.health]
      // Cut short by the signal, which is looked at next.
      await wait(EVERY_MS, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return EXIT[judgement.health]
    }
  })
}

function show(
  survey: Survey,
  judgement: Judgement,
  lags: ReadonlyMap<string, readonly (number | undefined)[]>,
  options: StatusOptions,
  { out }: Streams,
): void {
  if (options.json) return void out.write(json(statusJson(survey, judgement)))
  const isTerminal = process.stdout.isTTY === true
  const history = options.watch ? historyText(lags) : ''
  out.write(`${options.watch && isTerminal ? HOME_AND_CLEAR : ''}${statusText(survey, judgement)}${history}`)
}

function remember(lags: Map<string, (number | undefined)[]>, survey: Survey, { primary }: Judgement): void {
  const standbys = runningStandbys(survey)
  for (const name of survey.states.keys()) {
    const state = standbys.get(name)
    if (state === undefined && !lags.has(name)) continue
    const its = lags.get(name) ?? []
    lags.set(name, [...its, state === undefined ? undefined : lagBytes(state, primary)].slice(-KEPT_SAMPLES))
  }
}
