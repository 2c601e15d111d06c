// What must compile, and what must not: checked by `npm run typecheck`, never run.
import { test } from 'node:test'
import { startCluster, type TestCluster } from '../../src/testing.js'

test('the context of a test may come first', async (t) => {
  const cluster: TestCluster = await startCluster(t, { replicas: 2, version: 17 })
  const url: string = cluster.primary.url
  const urls: readonly string[] = cluster.replicas.map((it) => it.url)
  await cluster.stop('replica-1', 'kill')
  await cluster.primary.stop('fast')
  return void [url, urls]
})

test('so may nothing', async () => {
  await using cluster = await startCluster()
  // @ts-expect-error no such way to stop
  await cluster.stop('replica-1', 'gently')
})

// @ts-expect-error a number of replicas
startCluster({ replicas: '2' })
