import { createHash } from 'node:crypto'
import type { NodeConfig } from '../config/node-config.js'
import { hbaText, hbaWithBlock, passFileText, settingsText } from '../config/node-files.js'
import type { Layout } from '../layouts/layout.js'

/** What a node has of what we write. `undefined`: there is no such file. */
export interface OwnFiles {
  /** The text of `sluice.conf`. */
  readonly settings: string | undefined
  readonly hba: string | undefined
  /** Of the passfile: the text is nobody's business. */
  readonly passFileHash: string | undefined
}

export const NO_FILES: OwnFiles = { settings: undefined, hba: undefined, passFileHash: undefined }

/** A file of a node, as it should be. */
export interface NodeFile {
  readonly path: string
  readonly text: string
}

/** What the files of a node should say. */
export function filesOf({ paths, hba }: Layout, config: NodeConfig, seen: OwnFiles): readonly NodeFile[] {
  const access = hba === 'whole' ? hbaText(config.access) : hbaWithBlock(seen.hba ?? '', config.access)
  return [
    { path: paths.includeFile, text: settingsText(config) },
    { path: paths.hbaFile, text: access },
    { path: paths.passFile, text: passFileText(config.passwords) },
  ]
}

export function isAsConfigured(layout: Layout, config: NodeConfig, seen: OwnFiles): boolean {
  const [settings, hba, passFile] = filesOf(layout, config, seen)
  return (
    seen.settings === settings?.text && seen.hba === hba?.text && seen.passFileHash === hashOf(passFile?.text ?? '')
  )
}

/** As the nodes' own hosts count it. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
