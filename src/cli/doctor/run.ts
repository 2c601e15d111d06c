import { CHECKS } from '../../replication/postgresql/doctor/checks.js'
import type { ClusterFacts } from '../../replication/postgresql/doctor/facts.js'
import { type Check, examine, type Finding } from '../../replication/postgresql/doctor/finding.js'
import { lookAround } from '../../replication/postgresql/doctor/look-around.js'
import { OperationError } from '../../replication/postgresql/errors.js'
import type { ManagedNode } from '../../replication/postgresql/nodes/managed-node.js'
import { PgSql } from '../../replication/postgresql/sql/pg-sql.js'
import { openCluster, type Which } from '../cluster/open-cluster.js'
import { type ExitCode, json, type Streams } from '../cluster/streams.js'
import { guarded } from '../cluster/with-cluster.js'
import { listText, reportText } from './format.js'
import { nodesOf } from './nodes-of.js'

export interface DoctorOptions extends Which {
  readonly json: boolean
  readonly list: boolean
  readonly only?: readonly string[]
  readonly skip?: readonly string[]
  /** Milliseconds for one node. */
  readonly timeout: number
}

export function runDoctor(urls: readonly string[], options: DoctorOptions): Promise<ExitCode> {
  return guarded('doctor', options, async (_, streams) => {
    const checks = chosen(options)
    if (options.list) return list(checks, options.json, streams)
    const given = urls.length > 0 ? urls : urlsOfEnvironment(options)
    const cluster = given.length > 0 ? await factsBy(given, options.timeout) : await factsOfOwn(options)
    // A cluster of ours is asked as its superuser: that says nothing of the application's role.
    const wanted = given.length > 0 ? checks : checks.filter((it) => it.id !== 'asked-as-superuser')
    const findings = examine(cluster, wanted)
    report(cluster, findings, wanted.length, options.json, streams)
    return exitCode(findings)
  })
}

/** @throws {OperationError} a check that is none. */
function chosen({ only, skip = [] }: DoctorOptions): readonly Check[] {
  const ids = new Set(CHECKS.map((it) => it.id))
  const strange = [...(only ?? []), ...skip].find((it) => !ids.has(it))
  if (strange !== undefined) {
    throw new OperationError('choose checks', `there is no check ${strange}`, { hint: 'sluice doctor --list' })
  }
  return CHECKS.filter((it) => (only === undefined || only.includes(it.id)) && !skip.includes(it.id))
}

/** Whoever runs it. */
async function factsBy(urls: readonly string[], timeoutMs: number): Promise<ClusterFacts> {
  const nodes = nodesOf(urls).map(({ node, url }) => ({ node, sql: asking(url, timeoutMs) }))
  try {
    return await lookAround(nodes)
  } finally {
    await Promise.all(nodes.map((it) => it.sql.close()))
  }
}

function urlsOfEnvironment({ dir, file }: DoctorOptions): readonly string[] {
  const url = process.env['DATABASE_URL']
  return url === undefined || url === '' || dir !== undefined || file !== undefined ? [] : [url]
}

function asking(connectionString: string, timeoutMs: number): PgSql {
  return new PgSql({ connection: { connectionString }, connectTimeoutMs: timeoutMs, timeoutMs })
}

/** The one that commands are about. */
async function factsOfOwn(which: Which): Promise<ClusterFacts> {
  const cluster = await openCluster(which)
  try {
    return await lookAround([...cluster.nodes.values()].map(({ name, sql }: ManagedNode) => ({ node: name, sql })))
  } finally {
    await cluster.close()
  }
}

function list(checks: readonly Check[], asJson: boolean, { out }: Streams): ExitCode {
  if (!asJson) out.write(listText(checks))
  else for (const { id, severity, looksAt, why } of checks) out.write(json({ id, severity, looksAt, why }))
  return 0
}

function report(
  cluster: ClusterFacts,
  findings: readonly Finding[],
  checks: number,
  asJson: boolean,
  { out }: Streams,
): void {
  if (!asJson) return void out.write(reportText(cluster, findings, checks))
  const nodes = cluster.nodes.map(({ node, isStandby, hidden }) => ({ node, isStandby, hidden }))
  out.write(json({ checks, nodes: [...nodes, ...cluster.silent], findings }))
}

/** As of `sluice status`. What cannot be asked is critical, too. */
function exitCode(findings: readonly Finding[]): ExitCode {
  const has = (severity: Finding['severity']) => findings.some((it) => it.severity === severity)
  return has('critical') ? 4 : has('warning') ? 3 : 0
}
