import { HostError } from '../errors.js'
import type { Host, HostLock } from '../host.js'

/**
 * The lock of every host that can be reached, in their order, so that two who want them meet at the first.
 *
 * @throws {HostLockedError} somebody has one of them; none is held then.
 */
export async function lockAll(hosts: readonly Host[], path: string, holder: string): Promise<HostLock> {
  const held: HostLock[] = []
  const release = async () => {
    await Promise.all(held.map((it) => it.release()))
  }
  for (const host of hosts) {
    try {
      held.push(await host.lock(path, holder))
    } catch (error) {
      if (error instanceof HostError && error.failure === 'not-reached') continue
      await release()
      throw error
    }
  }
  const lost = held.flatMap((it) => (it.lost === undefined ? [] : [it.lost]))
  return { lost: AbortSignal.any(lost), release }
}
