import type { ClusterFacts } from '../../replication/postgresql/doctor/facts.js'
import type { Check, Finding } from '../../replication/postgresql/doctor/finding.js'

/** Each finding with its evidence, the reason, and the change; the worst first. */
export function reportText({ nodes, silent }: ClusterFacts, findings: readonly Finding[], checks: number): string {
  const found = findings.map(
    ({ check, severity, node, evidence, why, change }) =>
      `${severity.toUpperCase()}  ${check}${node === undefined ? '' : `  ${node}`}\n  ${evidence}\n  why: ${why}\n  do: ${change}\n\n`,
  )
  const hidden = nodes.flatMap((it) => it.hidden.map((what) => `not seen on ${it.node}: ${what}\n`))
  const count = (severity: Finding['severity']) => findings.filter((it) => it.severity === severity).length
  const sums = `${count('critical')} critical, ${count('warning')} warnings, ${count('advice')} advice`
  return `${found.join('')}${hidden.join('')}${checks} checks of ${nodes.length + silent.length} nodes: ${sums}\n`
}

export function listText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map((it) => it.id.length))
  return checks.map(({ id, severity, looksAt }) => `${id.padEnd(width)}  ${severity.padEnd(8)}  ${looksAt}\n`).join('')
}
