import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import type { TestCluster } from '../../src/testing.js'
import { type Block, REPOSITORY } from './markdown.js'

export const RUN_TIMEOUT_MS = 60_000

export function isSource({ language }: Block): boolean {
  return language === 'ts' || language === 'js'
}

/** A project in which `sluice` is the source of this one, for the compiler and the loader alike. */
export function makeProject(): string {
  const made = mkdtempSync(join(tmpdir(), 'docs-'))
  symlinkSync(join(REPOSITORY, 'node_modules'), join(made, 'node_modules'))
  // As if the project had had Prisma write its client.
  symlinkSync(join(REPOSITORY, 'examples/orms/prisma/generated'), join(made, 'generated'))
  const paths = { sluice: [join(REPOSITORY, 'src/index.ts')], 'sluice/*': [join(REPOSITORY, 'src/*.ts')] }
  const compilerOptions = { paths, rootDir: '/', allowJs: true, checkJs: true, typeRoots: ['node_modules/@types'] }
  writeFileSync(
    join(made, 'tsconfig.json'),
    JSON.stringify({ extends: join(REPOSITORY, 'tsconfig.json'), compilerOptions, include: [] }),
  )
  mkdirSync(join(made, 'bin'))
  const cli = `exec ${process.execPath} --import tsx ${join(REPOSITORY, 'src/cli/main.ts')} "$@"\n`
  writeFileSync(join(made, 'bin/sluice'), `#!/bin/sh\n${cli}`)
  writeFileSync(join(made, 'bin/npx'), `#!/bin/sh\n[ "$1" = sluice ] || exit 127\nshift\n${cli}`)
  for (const name of ['sluice', 'npx']) chmodSync(join(made, 'bin', name), 0o755)
  return made
}

/** Its lines have the numbers that they have in the document. Each is a module of its own. */
export function writeSource(folder: string, block: Block): string {
  const isCommonJs = block.language === 'js' && /\brequire\(/.test(block.text)
  const extension = block.language === 'ts' ? 'mts' : isCommonJs ? 'cjs' : 'mjs'
  const path = join(folder, `${block.file.replaceAll('/', '~')}.${block.line}.${extension}`)
  const isModule = isCommonJs || /^(import|export)\b/m.test(block.text)
  writeFileSync(path, `${'\n'.repeat(block.line - 1)}${block.text}\n${isModule ? '' : 'export {}\n'}`)
  return path
}

/** What the compiler says, each with the place in the document. */
export function problemsIn(folder: string, sources: readonly string[]): readonly string[] {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  const unused = { noUnusedLocals: false, noUnusedParameters: false }
  const program = ts.createProgram([...sources, join(import.meta.dirname, 'ambient.d.ts')], { ...options, ...unused })
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ')
    if (file === undefined) return text
    const place = file.fileName
      .replace(`${folder}/`, '')
      .replaceAll('~', '/')
      .replace(/\.\d+\.[cm][tj]s$/, '')
    return `${place}:${file.getLineAndCharacterOfPosition(start).line + 1}: ${text}`
  })
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs an example as its reader would, over this cluster. */
export function run(folder: string, block: Block, cluster: TestCluster): Promise<Outcome> {
  const tsx = ['--import', 'tsx', '--no-warnings']
  const [command, args] = isSource(block)
    ? [process.execPath, [...tsx, writeSource(folder, block)]]
    : ['bash', ['-euc', block.text]]
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_TIMEOUT_MS,
    env: {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'),
      DATABASE_URL: cluster.primary.url,
      REPLICA_1_URL: cluster.replicas[0]?.url,
      REPLICA_2_URL: cluster.replicas[1]?.url,
    },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }))
  })
}
