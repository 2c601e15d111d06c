import { after, before } from 'node:test'
import type { Pool } from '../../../src/pg.js'
import { startCluster, type TestCluster } from '../../../src/testing.js'
import { carriesSessions } from '../../contract/http.js'
import { eventually, poolOver } from '../../support/pool.js'
import { expressApplication } from './applications/express.js'
import { fastifyApplication } from './applications/fastify.js'
import { honoApplication } from './applications/hono.js'
import { koaApplication } from './applications/koa.js'
import { nestApplication } from './applications/nestjs.js'
import { nextApplication } from './applications/next.js'
import { nodeHttpApplication } from './applications/node-http.js'

const APPLICATIONS = [
  nodeHttpApplication,
  expressApplication,
  fastifyApplication,
  koaApplication,
  honoApplication,
  nestApplication,
  nextApplication,
]

let cluster: TestCluster
let pool: Pool

before(async () => {
  cluster = await startCluster({ replicas: 1 })
  pool = poolOver(cluster)
  await pool.query('create table notes (body text)')
  await cluster.waitForReplay()
  await eventually(
    () => pool.view().nodes.map((it) => it.health.state),
    (states) => states.every((it) => it === 'up'),
  )
  await cluster.pauseReplay('replica-1')
})
after(async () => {
  await pool?.end()
  await cluster?.stop()
})

for (const application of APPLICATIONS) carriesSessions(application, () => pool)
