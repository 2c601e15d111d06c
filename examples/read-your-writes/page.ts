import type { Route, RouteReason } from '../../src/index.js'
import { type Html, html } from './html.js'
import { MOST_CHARACTERS } from './input.js'
import { HELP, LAGS, MODES } from './modes.js'
import type { Statement } from './notes.js'
import { STYLE } from './style.js'
import type { View } from './view.js'

/** Plain links and forms: it does all it does without a script. */
export function pageOf(view: View): string {
  return documentOf(html`
    <h1>Do you see what you wrote?</h1>
    <p>A primary and two replicas, which are behind as far as you like. Save the note: you are redirected to this page,
      as after any form.</p>
    ${choicesOf(view)}
    ${verdictOf(view)}
    ${noteOf(view)}
    ${tracesOf(view)}`)
}

export function problemPageOf(message: string): string {
  return documentOf(html`<h1>That did not work</h1><p class="verdict stale">${message}</p><p><a href="/">Back</a></p>`)
}

function documentOf(content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Read your writes</title>
  <link rel="icon" href="data:,">
  <style>${STYLE}</style>
</head>
<body><main>${content}</main></body>
</html>
`.text
}

function choicesOf(view: View): Html {
  const modes = MODES.map((mode) => choice('mode', mode, mode, mode === view.mode))
  const lags = LAGS.map((ms) => choice('ms', ms, `${ms} ms`, ms === view.lagMs))
  return html`
    <div class="choices">
      <form action="/" method="get">${hidden('saved', view.saved?.version)}
        <fieldset><legend>Where you read</legend>${modes}</fieldset></form>
      <form action="/lag" method="post">${hidden('mode', view.mode)}${hidden('saved', view.saved?.version)}
        <fieldset><legend>How far replicas are behind</legend>${lags}</fieldset></form>
    </div>
    <p class="help"><b>${view.mode}</b> ${HELP[view.mode]}</p>`
}

function choice(name: string, value: string | number, label: string, isChosen: boolean): Html {
  return html`<button name="${name}" value="${value}" aria-pressed="${String(isChosen)}">${label}</button>`
}

function hidden(name: string, value: string | number | undefined): Html {
  return value === undefined ? html`` : html`<input type="hidden" name="${name}" value="${value}">`
}

function verdictOf(view: View): Html {
  const again = html`<a href="/?${queryOf(view)}">look again</a>`
  return html`<p class="verdict ${view.verdict}" role="status" data-verdict="${view.verdict}">
    <span>${sentenceOf(view)}</span> ${again}</p>`
}

function sentenceOf({ verdict, saved, version }: View): string {
  if (saved === undefined) return `this page shows version ${version}`
  return `${verdict}: you saved version ${saved.version}, this page shows version ${version}`
}

function queryOf({ mode, saved }: View): string {
  return saved === undefined ? `mode=${mode}` : `mode=${mode}&saved=${saved.version}`
}

function noteOf({ mode, version, versions, body }: View): Html {
  return html`
    <article>
      <h2>The note, version ${version} <small>of the ${versions} that this page counts</small></h2>
      <blockquote>${body}</blockquote>
      <form action="/note" method="post">${hidden('mode', mode)}
        <label for="body">Change it</label>
        <textarea id="body" name="body" rows="2" maxlength="${MOST_CHARACTERS}" required>
${body}</textarea>
        <button class="save">Save</button>
      </form>
    </article>`
}

function tracesOf({ saved, statements }: View): Html {
  const before = saved?.statements ?? []
  return html`
    ${before.length === 0 ? html`` : traceOf(`Saving version ${saved?.version}: POST /note`, before)}
    ${traceOf('This page: GET /', statements)}
    <p class="help">Positions are a timeline and an LSN: points in the primary's history of writes.</p>`
}

const COLUMNS = ['Statement', 'Node', 'Role', 'Reason', 'Must see', 'Had reached', 'Waited'] as const

function traceOf(title: string, statements: readonly Statement[]): Html {
  const rows = statements.flatMap(({ text, routes }) => routes.map((route) => rowOf(text, route)))
  return html`<section><h2>${title}</h2><table>
    <thead><tr>${COLUMNS.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${rows}</tbody></table></section>`
}

function rowOf(text: string, { node, role, intent, reason, consistency }: Route): Html {
  const [statement, ...others] = [
    html`<code>${text}</code>`,
    html`${node}`,
    html`${role}`,
    html`${reason}<small>${MEANINGS[reason]}</small>`,
    html`${consistency?.mustSee ?? (consistency === undefined ? 'does not matter' : 'nothing')}`,
    html`${consistency?.reached ?? 'not asked'}`,
    html`${consistency?.waitedMs ?? 0} ms`,
  ]
  const cells = others.map((cell, index) => html`<td data-label="${COLUMNS[index + 1]}"><span>${cell}</span></td>`)
  return html`<tr data-intent="${intent}" data-role="${role}"><td class="statement">${statement}</td>${cells}</tr>`
}

/** Of the reasons that can be met here. */
const MEANINGS: Partial<Record<RouteReason, string>> = {
  read: 'it reads, and a replica is there',
  write: 'it writes',
  'session-wrote': 'you wrote lately: the timer runs',
  behind: 'no replica shows what you must see',
  'no-replica': 'no replica can serve',
}
