import { after, before } from 'node:test'
import type { Pool } from '../../../src/pg.js'
import type { TestCluster } from '../../../src/testing.js'
import { carriesSessions } from '../../contract/http.js'
import { expressApplication } from './applications/express.js'
import { fastifyApplication } from './applications/fastify.js'
import { honoApplication } from './applications/hono.js'
import { koaApplication } from './applications/koa.js'
import { nestApplication } from './applications/nestjs.js'
import { nextApplication } from './applications/next.js'
import { nodeHttpApplication } from './applications/node-http.js'
import { staleReplica } from './stale-replica.js'

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
  ;({ cluster, pool } = await staleReplica())
})
after(async () => {
  await pool?.end()
  await cluster?.stop()
})

for (const application of APPLICATIONS) carriesSessions(application, () => pool)
