import type { EngineState } from './engine.js'
import { planDown } from './plan-down.js'
import {
  type EngineSurvey,
  planEngineDown,
  planEngineFailover,
  planEngineRejoin,
  planEngineSwitchover,
  planEngineUp,
} from './plan-engine.js'
import { type FailoverOptions, planFailover } from './plan-failover.js'
import { planRejoin, type RejoinOptions } from './plan-rejoin.js'
import { planSwitchover } from './plan-switchover.js'
import { type PlanUpOptions, planUp } from './plan-up.js'
import type { Plan } from './step.js'
import type { Survey } from './survey.js'

/** The plan for a command: ours, or, where an engine is in charge, what it is asked to do. */
export const plans = {
  up: (survey: Survey, options: PlanUpOptions = {}): Plan =>
    isEngines(survey) ? planEngineUp(survey, options) : planUp(survey, options),
  switchover: (survey: Survey, to?: string): Plan =>
    isInCharge(survey) ? planEngineSwitchover(survey, to) : planSwitchover(survey, to),
  failover: (survey: Survey, options: FailoverOptions = {}): Plan =>
    isInCharge(survey) ? planEngineFailover(survey, options.to) : planFailover(survey, options),
  rejoin: (survey: Survey, node: string, options: RejoinOptions = {}): Plan =>
    isInCharge(survey) ? planEngineRejoin(survey, node, options.fresh === true) : planRejoin(survey, node, options),
  down: (survey: Survey, isDeleted: boolean): Plan =>
    isInCharge(survey) ? planEngineDown(survey, isDeleted) : planDown(survey, isDeleted),
}

function isEngines(survey: Survey): survey is EngineSurvey {
  return survey.engine !== undefined
}

function isInCharge(survey: Survey): survey is EngineSurvey & { readonly engine: EngineState } {
  return survey.engine?.isInCharge === true
}
