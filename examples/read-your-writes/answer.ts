import { BadRequest } from './input.js'
import { problemPageOf } from './page.js'

/** What goes out, complete but for what carries the session. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Nobody may keep what tells who has seen what; and a note is text, whatever its writer wished for. */
const ALWAYS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
}

export function asHtml(text: string, status = 200): Answer {
  return { status, headers: { ...ALWAYS, 'content-type': 'text/html; charset=utf-8' }, text }
}

export function asJson(value: unknown, status = 200): Answer {
  const text = `${JSON.stringify(value, undefined, 2)}\n`
  return { status, headers: { ...ALWAYS, 'content-type': 'application/json' }, text }
}

/** After a form: the browser asks for that page, and a reload repeats no write. */
export function seeOther(location: string): Answer {
  return { status: 303, headers: { ...ALWAYS, location }, text: '' }
}

/** What was wrong, in the form that the path speaks. What nobody expected is told to the operator. */
export function problem(error: unknown, path: string): Answer {
  if (!(error instanceof BadRequest)) console.error(error)
  const status = error instanceof BadRequest ? error.status : 500
  const message = error instanceof BadRequest ? error.message : 'the service failed; its output says why'
  return path.startsWith('/api/') ? asJson({ error: message }, status) : asHtml(problemPageOf(message), status)
}
