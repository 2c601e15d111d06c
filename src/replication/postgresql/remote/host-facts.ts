import { OperationError } from '../errors.js'
import type { Host } from '../host.js'
import { type DebianCluster, lookAtClusters, readClusters } from '../layouts/debian-clusters.js'
import { CERTIFICATE } from '../layouts/debian-layout.js'
import { lookAtPackages, type PackageFacts, readPackageFacts, updatePackageLists } from '../packages/debian-packages.js'
import type { Script } from '../script.js'

/** What a host has, before anything is done to it. */
export interface HostFacts {
  readonly packages: PackageFacts
  readonly clusters: readonly DebianCluster[]
  /** Has it, or can it make, a certificate for TLS? */
  readonly hasCertificate: boolean
}

const UPDATE_TIMEOUT_MS = 5 * 60_000

/** @throws {HostError} @throws {OperationError} it is no Debian. */
export async function lookAtHost(host: Host): Promise<HostFacts> {
  const facts = readFacts(await said(host, lookScript()))
  if (facts.packages.installed.length > 0 || facts.packages.available.length > 0) return facts
  // A machine that is new has not yet learnt what there is.
  await said(host, updatePackageLists())
  return readFacts(await said(host, lookScript()))
}

/** All of it at once: each way there takes its time. */
function lookScript(): Script {
  return {
    as: 'login',
    text: `${lookAtPackages().text}
(${lookAtClusters().text}) | sed 's/^/cluster /'
if [ -x /usr/sbin/make-ssl-cert ] || [ -e ${CERTIFICATE.ssl_cert_file} ]; then echo certificate; fi`,
  }
}

function readFacts(text: string): HostFacts {
  const lines = text.split('\n')
  const clusters = lines.flatMap((line) => (line.startsWith('cluster ') ? [line.slice('cluster '.length)] : []))
  return {
    packages: readPackageFacts(text),
    clusters: readClusters(clusters.join('\n')),
    hasCertificate: lines.includes('certificate'),
  }
}

async function said(host: Host, script: Script): Promise<string> {
  const { code, stdout, stderr } = await host.run(script, { timeoutMs: UPDATE_TIMEOUT_MS })
  if (code === 0) return stdout
  throw new OperationError('look at the host', `${host.name}: ${(stderr.trim() || stdout.trim()).slice(-1000)}`)
}
