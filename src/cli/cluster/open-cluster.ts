import { existsSync } from 'node:fs'
import type { Cluster } from '../../replication/postgresql/cluster.js'
import { LocalCluster } from '../../replication/postgresql/local/local-cluster.js'
import { RemoteCluster } from '../../replication/postgresql/remote/remote-cluster.js'

export const DEFAULT_DIR = '.sluice/local'
export const DEFAULT_FILE = 'sluice.yaml'

/** Which cluster a command is about. */
export interface Which {
  /** The folder of a local one. */
  readonly dir?: string
  /** The description of one on hosts of its own. */
  readonly file?: string
  /** What shall be in charge of it, whatever the description says. */
  readonly ha?: 'patroni'
}

/** What is named; else the one that `sluice.yaml` describes, where there is such a file; else the local one. */
export function openCluster(which: Which): Promise<Cluster> {
  const file = fileOf(which)
  if (file === undefined) return LocalCluster.open(dirOf(which))
  return RemoteCluster.open(file, { sudoPassword: process.env['SLUICE_SUDO_PASSWORD'], ha: which.ha })
}

/** `undefined`: it is about the local cluster. */
export function fileOf({ dir, file }: Which): string | undefined {
  if (file !== undefined || dir !== undefined) return file
  return existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined
}

export function dirOf({ dir }: Which): string {
  return dir ?? DEFAULT_DIR
}
