import { Html } from './html.js'

/** On a narrow screen each row of a table becomes a card, its columns named by `data-label`. */
export const STYLE = new Html(`
:root { color-scheme: light dark; --page: #fff; --text: #1b2028; --line: #d5d9e0; --soft: #f3f5f8; --quiet: #59616e;
  --go: #12693a; --stop: #a3151f; --chosen: #1b4f9c; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14181e; --text: #e4e8ee; --line: #3b424d; --soft: #1d222a; --quiet: #9aa4b2;
    --go: #63d297; --stop: #ff8e8e; --chosen: #8db8f5; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: var(--page); color: var(--text); }
main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1rem; margin: 0 0 .5rem; }
small, .help { color: var(--quiet); font-size: .875rem; font-weight: normal; }
p { margin: .5rem 0; }
a { color: var(--chosen); }
.choices { display: flex; flex-wrap: wrap; gap: .25rem 2rem; }
fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
legend { padding: 0; font-weight: 600; margin-bottom: .25rem; }
button { font: inherit; padding: .4rem .8rem; border: 1px solid var(--line); border-radius: .4rem; cursor: pointer;
  background: var(--soft); color: inherit; }
button[aria-pressed=true], .save { background: var(--chosen); border-color: var(--chosen); color: var(--page); }
.verdict { padding: .75rem 1rem; border: 1px solid; border-radius: .4rem; font-weight: 600; display: flex;
  flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; }
.verdict a { font-weight: normal; }
.fresh { color: var(--go); }
.stale { color: var(--stop); border-width: 3px; }
.unknown { color: var(--quiet); font-weight: normal; }
article, section { margin: 1rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .4rem; }
blockquote { margin: 0 0 1rem; padding: .5rem 1rem; background: var(--soft); border-radius: .4rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
label { display: block; font-weight: 600; }
textarea { width: 100%; font: inherit; padding: .5rem; margin: .25rem 0 .5rem; border: 1px solid var(--line);
  border-radius: .4rem; background: inherit; color: inherit; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; }
thead th { color: var(--quiet); font-weight: normal; white-space: nowrap; }
td { border-top: 1px solid var(--line); }
td small { display: block; font-size: .8rem; }
tr[data-role=replica] td[data-label=Role] { color: var(--go); }
code { font-size: .8rem; overflow-wrap: break-word; }
@media (max-width: 44rem) {
  table, tbody, tr { display: block; }
  thead { display: none; }
  tr { border-top: 1px solid var(--line); padding: .5rem 0; }
  td { display: flex; gap: .5rem; border: 0; padding: .1rem 0; }
  td[data-label]::before { content: attr(data-label); flex: 0 0 6.5rem; color: var(--quiet); }
}
`)
