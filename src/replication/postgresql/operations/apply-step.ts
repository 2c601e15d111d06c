import { clone } from '../steps/clone.js'
import { configure, makeStandby } from '../steps/configure.js'
import { create, remove, setAside } from '../steps/data-directory.js'
import { awaitReceived, awaitStreaming, promote } from '../steps/follow.js'
import { install } from '../steps/install.js'
import { prepare } from '../steps/prepare.js'
import { prove } from '../steps/prove.js'
import { restart } from '../steps/restart.js'
import { rewind } from '../steps/rewind.js'
import { runScript } from '../steps/run-script.js'
import { dropSlots, makeSlots } from '../steps/slots.js'
import type { Step } from './step.js'
import { engineOf, nodeOf, type StepWork } from './work.js'

/** Does one step. Whatever was done already is left as it is. */
export async function applyStep(step: Step, work: StepWork): Promise<void> {
  const { node } = work
  switch (step.kind) {
    case 'install':
      return install(work)
    case 'create':
      return create(work)
    case 'configure':
      return configure(work, step.upstream, step.isAlone)
    case 'restart':
      return restart(work, step.settings)
    case 'start':
      return runScript(work, node.layout.start())
    case 'stop':
      await node.sql.close()
      return runScript(work, node.layout.stop(step.mode))
    case 'prepare':
      return prepare(work)
    case 'make-slots':
      return makeSlots(work, step.standbys)
    case 'drop-slots':
      return dropSlots(work, step.standbys)
    case 'clone':
      return clone(work, nodeOf(work, step.from))
    case 'set-aside':
      return setAside(work)
    case 'rewind':
      return rewind(work, nodeOf(work, step.from))
    case 'checkpoint':
      return node.sql.execute('checkpoint')
    case 'await-received':
      return awaitReceived(work, nodeOf(work, step.from))
    case 'promote':
      return promote(work)
    case 'make-standby':
      return makeStandby(work)
    case 'await-streaming':
      return awaitStreaming(work, nodeOf(work, step.from))
    case 'prove':
      return prove(work, step.standbys)
    case 'delete':
      return remove(work)
    case 'install-engine':
      return engineOf(work).install(work)
    case 'start-store':
      return engineOf(work).startStore(work)
    case 'join-engine':
      return engineOf(work).join(work)
    case 'await-member':
      return engineOf(work).awaitMember(work)
    case 'await-synchronous':
      return engineOf(work).awaitSynchronous(work)
    case 'engine-switchover':
      return engineOf(work).switchover(work, step.from)
    case 'engine-failover':
      return engineOf(work).failover(work)
    case 'reinitialize':
      return engineOf(work).reinitialize(work)
    case 'leave-engine':
      return engineOf(work).leave(work)
    default:
      return step satisfies never
  }
}
