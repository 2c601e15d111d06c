import { type Binaries, findBinaries } from '../programs/binaries.js'
import { serverOwner } from '../programs/owner.js'
import { Reaper } from '../programs/reaper.js'

export interface WantedPrograms {
  readonly binDir?: string | undefined
  readonly version?: number | undefined
}

/** A PostgreSQL for a cluster in that folder, which keeps a copy of programs that the servers' user cannot reach. */
export async function findPrograms(dir: string, wanted: WantedPrograms): Promise<Binaries> {
  const reaper = new Reaper()
  try {
    const { binDir, version } = wanted
    return await findBinaries({ binDir, version, owner: serverOwner(['postgres', 'nobody']), cache: dir, reaper })
  } finally {
    await reaper.dismiss()
  }
}
