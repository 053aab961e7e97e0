// The page of all runs, newest first: what is at work is shown by the element, what is over in a line.
import { duration, isOver, sign, watch, word } from './workflow-progress.js';

const PAGE = 20;
const rows = new Map();
const list = document.createElement('ol');
const empty = text('p', 'empty', 'No runs yet. They appear here by themselves.');
const more = text('button', 'more', '');
let latest = { runs: [] };
let shown = PAGE;

function text(tag, name, content) {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = content;
  return node;
}

function live(main, run) {
  const element = document.createElement('workflow-progress');
  element.setAttribute('src', `${main.dataset.base}/runs/${encodeURIComponent(run.run)}`);
  element.setAttribute('href', address(main, run));
  element.toggleAttribute('readonly', main.hasAttribute('readonly'));
  return element;
}

function over(main, run) {
  const line = text('div', 'over', '');
  line.dataset.state = run.status;
  const icon = text('span', 'sign', sign(run));
  icon.ariaHidden = true;
  const title = text('a', 'title', run.title);
  title.href = address(main, run);
  const errors = run.errors > 1 ? `, ${run.errors} errors` : run.errors ? ', 1 error' : '';
  const ended = text('time', 'ended', new Date(run.ended).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }));
  ended.dateTime = new Date(run.ended).toISOString();
  line.append(icon, title, text('span', 'state', word(run) + errors), ended, text('span', 'took', run.started === null ? '' : duration(run, run.ended)));
  return line;
}

const address = (main, run) => `${main.dataset.base}/view/${encodeURIComponent(run.run)}`;

/** A row is made once: a run that was watched to its end stays as it was seen. */
function row(main, run) {
  if (!rows.has(run.run)) {
    const item = document.createElement('li');
    item.append(isOver(run) ? over(main, run) : live(main, run));
    rows.set(run.run, item);
  }
  return rows.get(run.run);
}

function draw(main) {
  const runs = latest.runs.slice(0, shown);
  const ids = new Set(runs.map((run) => run.run));
  for (const [id, item] of rows) {
    if (ids.has(id)) continue;
    item.remove();
    rows.delete(id);
  }
  runs.forEach((run, index) => {
    const item = row(main, run);
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  const hidden = latest.runs.length - runs.length + (latest.more ?? 0);
  empty.hidden = runs.length > 0;
  more.hidden = hidden === 0;
  more.disabled = latest.runs.length === runs.length;
  more.textContent = `… ${hidden} more`;
  const active = latest.runs.filter((run) => !isOver(run)).length;
  document.title = active ? `${active} running · Workflows` : 'Workflows';
}

// The page of one run: the number is in the tab, too.
document.querySelector('main > workflow-progress')?.addEventListener('progress', ({ detail: run }) => {
  document.title = `${isOver(run) ? sign(run) : `${Math.floor(run.progress / 100)}%`} ${run.title}`;
});

const main = document.getElementById('runs');
if (main) {
  more.hidden = true;
  more.type = 'button';
  more.onclick = () => {
    shown += PAGE;
    draw(main);
  };
  main.append(list, empty, more);
  empty.hidden = true;
  watch(new URL(`${main.dataset.base}/`, location).href, '', (data, note) => {
    document.getElementById('note').textContent = note ?? '';
    if (!data) return;
    latest = data;
    draw(main);
  });
}
