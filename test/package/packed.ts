import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const REPOSITORY = join(import.meta.dirname, '../..')

export interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
}

/** What building and packing read. */
const SOURCES = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src',
  'docs',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
]

/** A project of its own that has installed Sluice from the tarball that would be published. */
export interface Consumer {
  readonly folder: string
  /** Everything temporary, the project included. */
  readonly root: string
  /** What the tarball brought. */
  readonly installed: string
  readonly manifest: Manifest
  /** Paths in the tarball, sorted. */
  readonly files: readonly string[]
}

/**
 * Builds and packs the package away from the work tree, so that nobody's `dist` changes, and installs it.
 *
 * @param tools packages installed beside it, as links to those of this project.
 */
export function installPacked(tools: readonly string[]): Consumer {
  const root = mkdtempSync(join(tmpdir(), 'packed-'))
  const staging = join(root, 'staging')
  mkdirSync(staging)
  for (const name of SOURCES) {
    if (existsSync(join(REPOSITORY, name))) cpSync(join(REPOSITORY, name), join(staging, name), { recursive: true })
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(staging, 'node_modules'))
  run('npm', ['run', '--silent', 'build'], staging)
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', root], staging),
  )
  const folder = join(root, 'project')
  const modules = join(folder, 'node_modules')
  mkdirSync(modules, { recursive: true })
  run('tar', ['-xzf', join(root, filename), '-C', modules])
  const installed = join(modules, 'sluice')
  run('mv', [join(modules, 'package'), installed])
  for (const name of tools) {
    mkdirSync(join(modules, name, '..'), { recursive: true })
    symlinkSync(join(REPOSITORY, 'node_modules', name), join(modules, name))
  }
  return {
    folder,
    root,
    installed,
    manifest: JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')),
    files: filesUnder(installed),
  }
}

function run(command: string, args: readonly string[], cwd?: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}
