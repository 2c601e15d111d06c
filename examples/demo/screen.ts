import type { Route } from '../../src/index.js'

export interface NodeLine {
  readonly name: string
  readonly role: string
  readonly health: string
  readonly served: number
}

/** Shows the demo as it runs. */
export interface Screen {
  /** A new chapter begins. */
  say(text: string): void
  /** A statement got its node. */
  route(route: Route): void
  /** Something happened to a node, or a statement was saved. */
  event(text: string): void
  nodes(lines: readonly NodeLine[], failed: number): void
  close(): void
}

/** For pipes and logs: each thing said once, statements by example. */
export function plainScreen(write: (text: string) => void): Screen {
  const shown = new Set<string>()
  return {
    say: (text) => write(`\n${text}\n`),
    route: (route) => {
      const line = `  ${route.node.padEnd(10)} ${route.intent.padEnd(8)} ${route.reason} (${route.because})`
      if (!shown.has(line)) write(`${line}\n`)
      shown.add(line)
    },
    event: (text) => write(`  ! ${text}\n`),
    nodes: () => undefined,
    close: () => undefined,
  }
}

const BAR = 30
const ROUTES_SHOWN = 8
const EVENTS_SHOWN = 6

/** For terminals: one picture, drawn again and again. */
export function liveScreen(write: (text: string) => void): Screen {
  let chapter = ''
  let lines: readonly NodeLine[] = []
  let failures = 0
  const routes: string[] = []
  const events: string[] = []
  const before = new Map<string, number>()
  write('\x1b[?25l\x1b[2J')
  const draw = () => {
    const rates = lines.map((line) => line.served - (before.get(line.name) ?? 0))
    for (const line of lines) before.set(line.name, line.served)
    const most = Math.max(1, ...rates)
    const bars = lines.map((line, i) => {
      const bar = '█'.repeat(Math.round(((rates[i] ?? 0) / most) * BAR)).padEnd(BAR)
      return `  ${line.name.padEnd(10)} ${line.role.padEnd(8)} ${line.health.padEnd(8)} ${bar} ${String(line.served).padStart(8)}`
    })
    const rows = [`  ${chapter}`, '', ...bars, '', `  failed statements: ${failures}`, '', ...routes, '', ...events]
    write(`\x1b[H${rows.map((row) => `${row}\x1b[K`).join('\n')}\x1b[J`)
  }
  return {
    say: (text) => {
      chapter = text
    },
    route: (route) => {
      routes.unshift(`  ${route.node.padEnd(10)} ${route.intent.padEnd(8)} ${route.reason} (${route.because})`)
      routes.length = Math.min(routes.length, ROUTES_SHOWN)
    },
    event: (text) => {
      events.unshift(`  ! ${text}`)
      events.length = Math.min(events.length, EVENTS_SHOWN)
    },
    nodes: (now, failed) => {
      lines = now
      failures = failed
      draw()
    },
    close: () => write('\x1b[?25h\n'),
  }
}

export const silentScreen: Screen = {
  say: () => undefined,
  route: () => undefined,
  event: () => undefined,
  nodes: () => undefined,
  close: () => undefined,
}
