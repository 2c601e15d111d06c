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
  const packages = await packagesOf(host)
  const clusters = readClusters(await said(host, lookAtClusters()))
  const certificate = await host.run({
    as: 'login',
    text: `[ -x /usr/sbin/make-ssl-cert ] || [ -e ${CERTIFICATE.ssl_cert_file} ]`,
  })
  return { packages, clusters, hasCertificate: certificate.code === 0 }
}

/** A machine that is new has not yet learnt what there is. */
async function packagesOf(host: Host): Promise<PackageFacts> {
  const facts = readPackageFacts(await said(host, lookAtPackages()))
  if (facts.installed.length > 0 || facts.available.length > 0) return facts
  await said(host, updatePackageLists())
  return readPackageFacts(await said(host, lookAtPackages()))
}

async function said(host: Host, script: Script): Promise<string> {
  const { code, stdout, stderr } = await host.run(script, { timeoutMs: UPDATE_TIMEOUT_MS })
  if (code === 0) return stdout
  throw new OperationError('look at the host', `${host.name}: ${(stderr.trim() || stdout.trim()).slice(-1000)}`)
}
