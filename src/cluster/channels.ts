import { channel } from 'node:diagnostics_channel'
import type { ClusterEvents } from '../model/events.js'

/** One channel for each event, made once: without subscribers it costs a property read. */
export const CHANNELS = {
  routed: channel('sluice:routed'),
  nodeWentDown: channel('sluice:nodeWentDown'),
  nodeCameUp: channel('sluice:nodeCameUp'),
  nodeChangedRole: channel('sluice:nodeChangedRole'),
  nodeFenced: channel('sluice:nodeFenced'),
  nodeAdded: channel('sluice:nodeAdded'),
  nodeRemoved: channel('sluice:nodeRemoved'),
  topologyFailed: channel('sluice:topologyFailed'),
  writesHeld: channel('sluice:writesHeld'),
  writesReleased: channel('sluice:writesReleased'),
  statementRetried: channel('sluice:statementRetried'),
  readFellBack: channel('sluice:readFellBack'),
  statementMisjudged: channel('sluice:statementMisjudged'),
  sessionStateUndone: channel('sluice:sessionStateUndone'),
  catalogueFailed: channel('sluice:catalogueFailed'),
  connectionLost: channel('sluice:connectionLost'),
  readWasAhead: channel('sluice:readWasAhead'),
  positionLost: channel('sluice:positionLost'),
  tokenRefused: channel('sluice:tokenRefused'),
  positionUnknown: channel('sluice:positionUnknown'),
} as const satisfies Record<keyof ClusterEvents, unknown>
