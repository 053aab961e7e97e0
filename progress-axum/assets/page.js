// The page of all runs, newest first. An active run takes an element, an ended one a line.
// The page of one run loads this script too, for the percentage in its title; so do the pages of jobs.
import { duration, icon, isOver, statusName, subscribe } from './workflow-progress.js';

const PAGE_SIZE = 20;
const rows = new Map();
const list = document.createElement('ol');
const empty = create('p', 'empty', '');
const more = create('button', 'more', '');
let latest = { runs: [] };
let visibleCount = PAGE_SIZE;
let about = () => '';

export function create(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

const viewUrl = (main, run) => `${main.dataset.base}/view/${encodeURIComponent(run.run)}`;

function activeRun(main, run) {
  const element = document.createElement('workflow-progress');
  element.setAttribute('src', `${main.dataset.base}/runs/${encodeURIComponent(run.run)}`);
  element.setAttribute('href', viewUrl(main, run));
  element.toggleAttribute('readonly', main.hasAttribute('readonly'));
  return element;
}

function endedRun(main, run) {
  const line = create('div', 'over', '');
  line.dataset.state = run.status;
  const sign = create('span', 'icon', icon(run));
  sign.ariaHidden = true;
  const title = create('a', 'title', run.title || run.run);
  title.href = viewUrl(main, run);
  const errors = run.errors > 1 ? `, ${run.errors} errors` : run.errors ? ', 1 error' : '';
  const status = create('span', 'status', (run.row?.state === 'lost' ? 'lost' : statusName(run)) + errors);
  const ended = create('time', 'ended', new Date(run.ended).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }));
  ended.dateTime = new Date(run.ended).toISOString();
  const took = create('span', 'took', run.started === null ? '' : duration(run, run.ended));
  line.append(sign, title, status, ended, took);
  return line;
}

/** Creates a row once: a run that ends while it is watched keeps its element, with its steps. */
function rowOf(main, run) {
  if (!rows.has(run.run)) {
    const row = document.createElement('li');
    row.append(isOver(run) ? endedRun(main, run) : activeRun(main, run), about(run));
    rows.set(run.run, row);
  }
  return rows.get(run.run);
}

function render(main) {
  const runs = latest.runs.slice(0, visibleCount);
  const ids = new Set(runs.map((run) => run.run));
  for (const [id, row] of rows) {
    if (ids.has(id)) continue;
    row.remove();
    rows.delete(id);
  }
  runs.forEach((run, index) => {
    const row = rowOf(main, run);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  const hidden = latest.runs.length - runs.length + (latest.more ?? 0);
  empty.hidden = runs.length > 0;
  more.hidden = hidden === 0;
  more.disabled = latest.runs.length === runs.length;
  more.textContent = `… ${hidden} more`;
}

/**
 * Shows the list in `main`, live. `query` filters it, `about` describes a run below its row, and
 * `onList` gets each list.
 */
export function showList(main, { text, query = '', describe = about, onList }) {
  about = describe;
  empty.replaceChildren(...[text].flat());
  more.hidden = empty.hidden = true;
  more.type = 'button';
  more.onclick = () => {
    visibleCount += PAGE_SIZE;
    render(main);
  };
  main.append(list, empty, more);
  subscribe(new URL(`${main.dataset.base}/`, location).href, '', (data, note) => {
    document.getElementById('note').textContent = note ?? '';
    if (!data) return;
    latest = data;
    render(main);
    onList(data);
  }, query);
}

/** Counts the active runs in the title of the tab. */
export function countActive(name, { runs }) {
  const active = runs.filter((run) => !isOver(run)).length;
  document.title = active ? `${active} running · ${name}` : name;
}

document.querySelector('main > workflow-progress')?.addEventListener('progress', ({ detail: run }) => {
  document.title = `${isOver(run) ? icon(run) : `${Math.floor(run.progress / 100)}%`} ${run.title || run.run}`;
});

const main = document.getElementById('runs');
if (main) {
  showList(main, { text: 'No runs yet. They appear here by themselves.', onList: (data) => countActive('Workflows', data) });
}
