// The pages of jobs: the list with its filters, and one job with the jobs that it has started.
import { countActive, create, showList } from './page.js';

const FILTERS = ['state', 'kind', 'parent', 'roots'];

const link = (href, text, className = '') => Object.assign(create('a', className, text), { href });
const time = (ms) => {
  const element = create('time', '', new Date(ms).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' }));
  element.dateTime = new Date(ms).toISOString();
  return element;
};
const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
const attempts = ({ attempt, deaths }) =>
  [attempt > 1 && `attempt ${attempt}`, deaths && count(deaths, 'worker died', 'workers died')].filter(Boolean).join(', ');

/** A line below a job in a list; `base` is for a link to its parent. */
function describe({ run, title, row }, base) {
  const line = create('p', 'about', '');
  const parts = [title === row.kind ? '' : row.kind, run, attempts(row)].filter(Boolean);
  line.append(parts.join(' · '));
  if (row.parent && base) line.append(' · from ', link(`${base}/?parent=${encodeURIComponent(row.parent)}`, row.parent));
  if (row.step) line.append(` · step ${row.step}`);
  return line;
}

/** The page of the list. Its address holds the filters, so that it can be kept and shared. */
function listPage(main) {
  const base = main.dataset.base;
  const query = new URLSearchParams(location.search);
  const form = document.getElementById('filters');
  for (const { name, type, value } of form.elements) {
    if (!query.has(name)) continue;
    if (type === 'checkbox') form.elements[name].checked = true;
    else form.elements[name].value = query.get(name);
  }
  form.onsubmit = (event) => {
    event.preventDefault();
    const filters = [...new FormData(form)].filter(([, value]) => value);
    location.search = new URLSearchParams(filters);
  };
  form.elements.state.onchange = form.elements.roots.onchange = () => form.requestSubmit();
  const isFiltered = FILTERS.some((name) => query.get(name));
  document.getElementById('clear').hidden = !isFiltered;

  const pages = create('nav', 'pages', '');
  pages.ariaLabel = 'pages';
  const at = (before) => {
    const other = new URLSearchParams(query);
    other.delete('before');
    if (before) other.set('before', before);
    return `?${other}`;
  };
  const kinds = new Set();
  showList(main, {
    query: query.toString(),
    text: query.has('before') ? 'No older jobs.'
      : isFiltered ? ['No job passes these filters. ', link('?', 'Show all jobs'), '.']
      : 'No jobs yet. They appear here as soon as a program starts one, by Jobs::start or by a step that runs one.',
    describe: (run) => describe(run, base),
    onList(data) {
      countActive('Jobs', data);
      for (const { row } of data.runs) kinds.add(row.kind);
      document.getElementById('kinds').replaceChildren(...[...kinds].sort().map((kind) => Object.assign(document.createElement('option'), { value: kind })));
      pages.replaceChildren(
        ...query.has('before') ? [link(at(''), 'Newest jobs')] : [],
        ...data.next ? [link(at(data.next), 'Older jobs')] : [],
      );
    },
  });
  main.append(pages);
}

/** The page of one job. */
function jobPage(main) {
  const { base, run, parent } = main.dataset;
  const again = document.getElementById('again');
  const [button, note] = again.children;
  button.onclick = async () => {
    button.disabled = true;
    note.textContent = '';
    const answer = await fetch(`${base}/runs/${run}/again`, { method: 'POST' }).then((response) => response.json()).catch(() => ({}));
    if (answer.run) return location.assign(`${base}/view/${encodeURIComponent(answer.run)}`);
    button.disabled = false;
    note.textContent = `not run again: ${answer.error ?? 'no answer'}`;
  };
  main.querySelector('workflow-progress').addEventListener('progress', ({ detail }) => {
    again.hidden = main.hasAttribute('readonly') || !/^(failed|cancelled|lost)$/.test(detail.row.state);
    showFacts(document.getElementById('facts'), base, parent, detail);
  });
  const rest = create('p', 'pages', '');
  showList(main, {
    query: `parent=${run}&limit=100`,
    text: 'This job has started no other jobs.',
    describe: (child) => describe(child),
    onList: ({ next }) => rest.replaceChildren(...next ? [link(`${base}/?parent=${run}&before=${encodeURIComponent(next)}`, 'Older sub-jobs')] : []),
  });
  main.append(rest);
}

function showFacts(list, base, parent, { run, started, ended, row }) {
  const from = row.parent && [
    link(parent ? `${base}/view/${encodeURIComponent(row.parent)}` : `${base}/?parent=${encodeURIComponent(row.parent)}`, row.parent),
    row.step && ` · step ${row.step}`,
  ];
  const facts = [
    ['State', row.state.replaceAll('_', ' ')],
    ['Kind', [link(`${base}/?kind=${encodeURIComponent(row.kind)}`, row.kind), row.version > 1 && ` · version ${row.version}`]],
    ['Attempt', row.attempt ? [String(row.attempt), row.deaths && ` · ${row.deaths} of ${count(row.max_deaths, 'worker', 'workers')} died`] : 'not begun'],
    ['Worker', row.worker],
    ['Started by', from || 'a program'],
    ['Created', time(row.created)],
    ['Begun', started && time(started)],
    ['Ended', ended && time(ended)],
    ['Id', run],
  ];
  list.replaceChildren(...facts.filter(([, value]) => value).map(([name, value]) => {
    const fact = create('div', '', '');
    const text = create('dd', '', '');
    text.append(...[value].flat().filter(Boolean));
    fact.append(create('dt', '', name), text);
    return fact;
  }));
}

const jobs = document.getElementById('jobs');
const job = document.getElementById('job');
if (jobs) listPage(jobs);
if (job) jobPage(job);
