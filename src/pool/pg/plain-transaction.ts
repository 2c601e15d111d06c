import { sleep } from '../../base/clock.js'
import { markOutcome } from '../../base/outcome.js'
import type { TransactionOptions } from './routed-pool.js'
import { beginText, hasLostToAnother, pauseMs, retriesOf, rolledBack } from './transaction-options.js'

interface PlainClient {
  query(text: string): Promise<{ readonly command: string }>
  release(isBroken: boolean): void
}

/** A transaction on a pool of one server, where there is nothing to route: as `Transactions` has it, but for the fate of a lost COMMIT. */
export async function runPlainTransaction<Client, Result>(
  connect: () => Promise<Client & PlainClient>,
  work: (client: Client) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  const begin = beginText(options)
  const retries = retriesOf(options)
  for (let failed = 0; ; failed++) {
    const client = await connect()
    let isCommitting = false
    try {
      await client.query(begin)
      const result = await work(client)
      isCommitting = true
      const { command } = await client.query('commit')
      if (command === 'ROLLBACK') throw markOutcome(rolledBack(), 'refused')
      client.release(false)
      return result
    } catch (error) {
      const isLost = await client.query('rollback').then(
        () => false,
        () => true,
      )
      client.release(isLost)
      const mayRunAgain = hasLostToAnother(error) || (isLost && !isCommitting)
      if (failed >= retries || !mayRunAgain) throw error
      await sleep(pauseMs(failed))
    }
  }
}
