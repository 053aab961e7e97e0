// <workflow-progress src="…/runs/ID">: texts, event stream, rows, element.
// `it`: a run or a step.

const ICONS = {
  pending: '○', running: '◐', retrying: '↻', cancelling: '◌', skipped: '↷',
  completed: '✓', completed_with_errors: '⚠\ufe0e', failed: '✗', cancelled: '⊘',
};
export const icon = (it) => ICONS[it.status] ?? '•';
export const statusName = (it) => String(it.status).replaceAll('_', ' ');
export const isOver = (it) => it.ended != null || /^(comp|fail|skip|cancelled)/.test(it.status);
const isActive = (it) => it.status !== 'pending' && !isOver(it);
const isItem = (it) => /^\d+$/.test(it.id);
const childrenOf = (it) => it.children ?? [];
const name = (it) => it.name ?? (isItem(it) ? (/^\S+ (?=\d)/.exec(it.title) ?? '#') + it.id : it.title || (it.id ?? it.run));
const percent = (it) => Math.floor(it.progress / 100) + '%';
const join = (parts, by = ' · ') => parts.filter(Boolean).join(by);

/** `606ms`, `48s`, `5m18s`, `1h05m`. */
export function duration(it, now) {
  const ms = (it.ended ?? now) - it.started;
  return ms < 1e3 && isOver(it) ? ms + 'ms' : time(ms);
}

function time(ms) {
  const s = Math.floor(ms / 1e3), m = Math.floor(s / 60), two = (n) => String(n % 60).padStart(2, 0);
  return m < 1 ? s + 's' : m < 60 ? m + 'm' + two(s) + 's' : Math.floor(m / 60) + 'h' + two(m) + 'm';
}

// The text holds for a second, and until the time left is more than three quarters of a step away from it.
function timeLeft(left, now) {
  const step = (s) => [5, 10, 30, 60, 300, 3600][[60, 120, 600, 3600, 36e3].filter((limit) => s >= limit).length];
  const rounded = (s) => Math.max(1, Math.round(s / step(s))) * step(s);
  const close = (shown, s) => Math.abs(Math.max(s, 5) - shown) <= 0.75 * step(s);
  const [s, ...ends] = [left.end, ...(left.ends ?? [])].map((end) => Math.max(0, end - now) / 1e3);
  const [shown, low, high] = left.shown ?? [];
  const holds = ends[1] ? low <= s && s <= high && low >= ends[0] - 1.5 * step(ends[0]) && close(high, ends[1]) : !high && close(shown, s);
  if (!(now - left.at < 1e3 || holds)) {
    left.at = now;
    left.shown = [rounded(s), ends[1] && Math.floor(ends[0] / step(ends[0])) * step(ends[0]), ends[1] && rounded(ends[1])];
    const unit = left.shown[2] < 120 ? 1 : left.shown[2] < 7200 ? 60 : 3600;
    const [from, to] = [Math.floor(left.shown[1] / unit), Math.ceil(left.shown[2] / unit)];
    left.text = from < to
      ? (from ? from + '–' : '<') + to + { 1: 's', 60: 'm', 3600: 'h' }[unit]
      : '~' + time(left.shown[0] * 1e3).replace(/([mh])00.$/, '$1');
  }
  return left.text + ' left';
}

const isBytes = (unit) => unit && !unit.named;
const decimal = (n) => (n < 100 ? (Math.floor(n * 10 + 1e-9) / 10).toFixed(1) : Math.floor(n));

/** `13.6 MB`, `12 pages`. Nothing is rounded up. */
function amount(n, unit) {
  if (!isBytes(unit)) return join([n, unit?.named[n === 1 ? 'one' : 'many']], ' ');
  const [base, ...prefixes] = unit === 'bytes' ? [1e3, '', 'k', 'M', 'G', 'T', 'P', 'E'] : [1024, '', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
  let i = 0;
  for (; n >= base; i++) n /= base;
  return (i ? decimal(n) : Math.floor(n)) + ' ' + prefixes[i] + 'B';
}

function speed({ rate, unit }) {
  const [per, period] = rate >= 1 || !rate ? [1, 's'] : rate * 60 >= 1 ? [60, 'min'] : [3600, 'h'];
  return rate != null && (isBytes(unit) ? amount(rate, unit) + '/s' : decimal(rate * per) + '/' + period);
}

function count(it) {
  const items = childrenOf(it).filter((step) => isItem(step) && isActive(step)), { done, total, unit } = it;
  const at = items.length === 1 && !items[0].name ? join([it.item, items[0].id], ' ') : isBytes(unit) ? amount(done, unit) : done;
  return total ? at + '/' + amount(total, unit) : !items[0] && done > 1 && amount(done, unit);
}

function statusText(it, now) {
  const attempt = it.status === 'retrying' ? ', attempt ' + join([it.attempt, it.attempts], '/')
    : isActive(it) && it.job?.attempt > 1 ? ', attempt ' + it.job.attempt : '';
  // A child shows its own error.
  const cause = it.reason || ((it.steps || childrenOf(it).every((step) => step.error !== it.error)) && it.error);
  const step = it.steps?.findLast(isActive);
  return join([
    statusName(it) + attempt + (cause ? ': ' + cause : ''),
    // The message of a loop contains the count.
    isActive(it) ? !(it.message && childrenOf(it)[0]) && count(it) : it.result ?? (it.done > 1 && amount(it.done, it.unit) + (it.unit ? '' : ' done')),
    isActive(it) && speed(it),
    isActive(it) && !step && it.message !== it.title + ': In progress…' && it.message,
    it.job && it.job.kind + ' ' + it.job.id,
    it.status === 'cancelling' && step && 'waiting for ' + join([name(step), count(step)], ' '),
    isActive(it) && it.step?.total && `step ${it.step.current}/${it.step.total}`,
    isActive(it) && it.left?.end > 0 && timeLeft(it.left, now),
    !it.error && it.errors && it.errors + (it.errors > 1 ? ' errors' : ' error'),
  ]);
}

const errorText = (it) => join(childrenOf(it).map((step) => errorText(step) || step.error));

// `done` of a run is a part of the whole, and no count.
const counted = (run) => ({ ...run, done: 0, ...run.count });

function announcement(run) {
  const step = run.steps.findLast(isActive);
  return isOver(run) ? name(run) + ' ' + statusText(counted(run)) : step ? `step ${run.step.current} of ${run.step.total}, ${name(step)}` : '';
}

const streams = new Map();

/** The id `''` is the list, which `query` filters. Returns a function that unsubscribes. */
export function subscribe(base, id, listener, query) {
  if (!streams.has(base)) streams.set(base, stream(base));
  return streams.get(base).subscribe(id, listener, query);
}

function stream(base) {
  const topics = new Map();
  let source, timer, filter, openIds = [], attempts = 0;

  function close() {
    source?.close();
    clearTimeout(timer);
    source = timer = null;
  }

  function sync() {
    topics.forEach((topic, id) => topic.listeners.size || topics.delete(id));
    const ids = [...topics.keys()].filter((id) => !topics.get(id).over);
    if (!ids.length) close();
    else if (document.hidden) timer ??= setTimeout(poll, topics.get(ids[0]).data ? 15e3 : 1e3, ids);
    else if (source ? ids.some((id) => !openIds.includes(id)) || openIds.some((id) => !topics.has(id)) : !timer) connect(ids);
  }

  const syncLater = () => queueMicrotask(sync);

  function connect(ids) {
    close();
    openIds = ids;
    source = new EventSource(base + 'events?run=' + ids.filter(Boolean).map(encodeURIComponent) + (ids.includes('') ? '&list&' + filter : ''));
    const on = (type, handle) => source.addEventListener(type, (event) => {
      attempts = 0;
      restartTimer();
      handle(JSON.parse(event.data));
    });
    on('message', (run) => publish(run.run, run));
    on('runs', (list) => publish('', list));
    on('gone', ({ run }) => publish(run));
    on('alive', Boolean);
    source.addEventListener('bye', source.onerror = reconnect);
    restartTimer();
  }

  // The server sends an event every 15 s.
  function restartTimer() {
    clearTimeout(timer);
    timer = setTimeout(reconnect, 45e3);
  }

  function reconnect() {
    close();
    topics.forEach((topic) => topic.over || topic.listeners.forEach((listener) => listener(null, 'reconnecting…')));
    timer = setTimeout(() => sync(timer = null), Math.min(30e3, 1e3 * 2 ** attempts++) * (1 + Math.random()) / 2);
  }

  function publish(id, data) {
    const topic = topics.get(id);
    if (!topic) return;
    topic.data = data;
    topic.over = !data || isOver(data);
    topic.listeners.forEach((listener) => listener(data, data ? '' : 'no longer known'));
    syncLater();
  }

  async function poll(ids) {
    timer = null;
    await Promise.allSettled(ids.map(async (id) => {
      const response = await fetch(base + (id ? 'runs/' + encodeURIComponent(id) : 'runs?' + filter));
      if (response.ok) publish(id, await response.json());
      if (response.status === 404) publish(id);
    }));
    sync();
  }

  return {
    subscribe(id, listener, query) {
      filter ??= query;
      const topic = topics.get(id) ?? { listeners: new Set() };
      topics.set(id, topic);
      topic.listeners.add(listener);
      if (topic.data) listener(topic.data);
      syncLater();
      return () => syncLater(topic.listeners.delete(listener));
    },
    wake() {
      attempts = 0;
      close();
      sync();
    },
  };
}

/** `view` holds each element by its part. */
function build([tag, part, ...children], view = { rows: [] }) {
  const element = view[part] = document.createElement(tag);
  element.part = element.className = part;
  for (const child of children) element.append(build(child, view)[child[1]]);
  return view;
}
const STEP = ['li', 'step',
  ['div', 'row', ['span', 'icon'], ['div', 'label', ['span', 'name'], ['button', 'toggle']], ['span', 'status'],
    ['span', 'bar', ['i', 'fill']], ['span', 'percent'], ['span', 'time']],
  ['ol', 'steps', ['li', 'more']]];
const RUN = ['section', 'step',
  ['div', 'head', ['span', 'icon'], ['a', 'name'], ['button', 'toggle'], ['span', 'percent']],
  ['div', 'bar', ['i', 'fill']],
  ['div', 'foot', ['span', 'time'], ['span', 'status'], ['span', 'note'], ['span', 'problem'], ['button', 'cancel']],
  ['ol', 'steps', ['li', 'more']], ['p', 'announcement']];

const setText = (element, text) => element.textContent === text || (element.textContent = text);

/** Renders a run or a step; rows are kept by id. */
function render(view, it, now) {
  const isRetry = view.it?.attempt !== it.attempt, active = isItem(it) ? childrenOf(it).filter(isActive) : [];
  view.it = it;
  // An item with one active step is one row.
  const shown = view.shown = active.length === 1 && !isItem(active[0]) ? active[0] : it;
  const before = view.rows;
  const rows = view.rows = childrenOf(shown).map((step) => render(before.find((row) => row.it.id === step.id) ?? build(STEP), step, now));
  // Of items that have left, keep five with errors and the last two.
  const left = before.filter((row) => !isRetry && !rows.includes(row) && isItem(row.it) && !/fail|cancel/.test(shown.status));
  rows.unshift(...left.filter((row, index) => {
    const error = errorText(row.it), status = error ? 'completed_with_errors' : 'completed';
    if (!isOver(row.it)) render(row, { ...row.it, status, error, ended: now, children: [] }, now);
    return row.it.error ? index < 5 : isActive(shown) && index > left.length - 3 && row.it.ended - row.it.started > 500;
  }));
  before.forEach((row) => rows.includes(row) || row.step.remove());
  rows.forEach(({ step }, index) => step === view.steps.children[index] || view.steps.insertBefore(step, view.steps.children[index]));
  view.more.hidden = !shown.more;
  setText(view.more, `… ${shown.more ?? 0} more`);

  const isKnown = it.progress || shown.total != null || (it.steps ? isOver(it) : childrenOf(shown)[0]);
  view.step.part = 'step ' + (view.step.dataset.state = shown.status);
  view.icon.ariaHidden = true;
  setText(view.icon, icon(shown));
  setText(view.name, name(it) + (shown === it ? '' : ' ' + name(shown)));
  view.bar.classList.toggle('unknown', !isKnown);
  view.bar.style.visibility = it.steps || isActive(it) ? '' : 'hidden';
  setText(view.percent, isKnown && (it.steps || isActive(it)) ? percent(it) : '');
  view.fill.style.transform = `scaleX(${it.progress / 1e4})`;
  view.toggle.ariaLabel = 'steps of ' + name(it);
  view.name.onclick = view.toggle.onclick = () => expand(view, view.choice = view.steps.hidden);
  expand(view);
  updateTimes(view, now);
  return view;
}

/** By default, active and failed steps are open. */
function expand(view) {
  const isOpen = view.choice ?? (!!view.it.steps || isActive(view.it) || /fail|err/.test(view.it.status));
  view.toggle.hidden = !view.rows[0];
  view.toggle.ariaExpanded = isOpen;
  setText(view.toggle, isOpen ? '▾' : '▸');
  view.steps.hidden = !isOpen;
}

function updateTimes(view, now) {
  setText(view.status, statusText(view.shown, now));
  setText(view.time, view.it.started == null || view.it.reason ? '' : duration(view.it, now));
  view.rows.forEach((row) => updateTimes(row, now));
}

const styles = new CSSStyleSheet();
styles.replaceSync(`
:host {
  --workflow-active: light-dark(#00677d, #6cc7d9);
  --workflow-good: light-dark(#1a7034, #8fd17f);
  --workflow-warning: light-dark(#855300, #f0c674);
  --workflow-bad: light-dark(#b3261e, #f58a8d);
  --workflow-muted: color-mix(in srgb, currentColor 70%, transparent);
  --workflow-track: color-mix(in srgb, currentColor 15%, transparent);
  display: block; container-type: inline-size; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
[hidden] { display: none !important }
ol, p { margin: 0; padding: 0; list-style: none }
li > ol { margin-inline-start: .7em; padding-inline-start: .8em; border-inline-start: 1px solid var(--workflow-track) }
.head, .foot, .label { display: flex; gap: .2em .6em; align-items: baseline }
.foot { flex-wrap: wrap; margin-bottom: .3em }
.head > .name { flex: 1; color: inherit }
.foot > .status { flex: 1 9em }
.head > *, [data-state=running] > .row .name { font-weight: 600 }
.time, .more, .note { color: var(--workflow-muted) }
.bar { display: block; height: .3em; border-radius: 1em; overflow: hidden; background: var(--workflow-track) }
section > .bar { height: .6em; margin: .3em 0 }
.fill { display: block; height: 100%; background: var(--tone); transform-origin: 0; transition: transform .3s ease-out }
.row { display: grid; grid: auto / 1.4em 1fr 42cqi 5em 3em 4em; align-items: baseline; padding: .1em 0 }
.row > .bar { align-self: center }
.percent, .row > .time { text-align: end }
.icon { color: var(--tone) }
.status { color: var(--status) }
[data-state] { --tone: var(--workflow-active); --status: currentColor }
[data-state^=comp] { --tone: var(--workflow-good); --status: var(--workflow-muted) }
[data-state=failed] { --status: var(--tone); --tone: var(--workflow-bad) }
[data-state=pending], [data-state=skipped] { --status: var(--tone); --tone: var(--workflow-muted) }
[data-state=retrying], [data-state^=cancel], [data-state$=errors] { --status: var(--tone); --tone: var(--workflow-warning) }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--workflow-muted); border-radius: .4em; padding: 0 .5em }
.toggle { border: 0 }
.announcement { position: absolute; width: 1px; clip-path: inset(50%) }
.unknown { animation: wait 1.5s infinite }
@keyframes wait { 50% { opacity: .3 } }
@container (width < 36rem) { .row { grid: auto / 1.4em 1fr auto 4em } .row > .status { grid-area: 2 / 2 / auto / -1 } .row > .bar { display: none } }
@media (prefers-reduced-motion) { * { transition: none !important; animation: none !important } }
`);

const elements = new Set();
let timer;

function tickAll() {
  timer = clearTimeout(timer);
  const busy = [...elements].filter((element) => element.tick());
  if (busy[0] && !document.hidden) timer = setTimeout(tickAll, 500);
}

function wake() {
  tickAll();
  streams.forEach((stream) => stream.wake());
}
document.addEventListener('visibilitychange', wake);
addEventListener('online', wake);

class WorkflowProgress extends HTMLElement {
  static observedAttributes = ['src', 'href', 'readonly'];
  #view; #run; #receivedAt; #left; #cancelling; #unsubscribe;

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [styles];
    this.#reset();
  }

  connectedCallback() {
    this.#subscribe();
  }

  disconnectedCallback() {
    elements.delete(this);
    this.#unsubscribe?.();
  }

  attributeChangedCallback(key, before, after) {
    if (before === after) return;
    if (key === 'src') this.#subscribe(this.#reset());
    this.#render();
  }

  get src() {
    return this.getAttribute('src');
  }

  set src(url) {
    this.setAttribute('src', url);
  }

  get snapshot() {
    return this.#run;
  }

  set snapshot(run) {
    // A restarted server may reuse an id.
    if (run.started > this.#run?.started) this.#reset();
    const before = this.#run;
    if (before?.seq >= run.seq) return;
    const ends = run.eta_range_ms?.map((left) => run.now + left);
    this.#left = { ...this.#left, end: run.now + (run.eta_ms ?? NaN), ends };
    this.#run = { ...run, progress: Math.max(run.progress, before?.progress ?? 0) };
    this.#receivedAt = performance.now();
    this.#render();
    const text = announcement(run);
    if (before && text && text !== announcement(before)) setText(this.#view.announcement, text);
    this.#dispatch('progress');
    if (isOver(run) && !before?.ended) this.#dispatch('end');
  }

  #dispatch(type) {
    this.dispatchEvent(new CustomEvent(type, { detail: this.#run, bubbles: true, composed: true }));
  }

  #reset() {
    const view = this.#view = build(RUN);
    this.#run = this.#cancelling = null;
    Object.assign(view.bar, { hidden: true, role: 'progressbar', ariaValueMin: 0, ariaValueMax: 100 });
    view.announcement.role = 'status';
    view.cancel.onclick = () => this.#cancelling || this.cancel();
    view.cancel.hidden = true;
    this.shadowRoot.replaceChildren(view.step);
  }

  #subscribe() {
    this.#unsubscribe?.();
    if (!this.isConnected) return;
    elements.add(this);
    if (!this.src) return;
    const url = new URL(this.src, document.baseURI);
    this.#unsubscribe = subscribe(new URL('..', url).href, decodeURIComponent(url.pathname.split('/').pop()), (run, note) => {
      if (run) this.snapshot = run;
      else if (run !== null) this.#view.cancel.hidden = elements.delete(this);
      setText(this.#view.note, note);
    });
  }

  async cancel() {
    this.#cancelling = true;
    setText(this.#view.problem, '');
    this.#render();
    const answer = await fetch(this.src + '/cancel', { method: 'POST' }).then((response) => response.json()).catch(() => 0);
    if (answer && !answer.error) return;
    this.#cancelling = false;
    setText(this.#view.problem, 'not cancelled: ' + (answer.error ?? 'no answer'));
    this.#render();
  }

  #render() {
    const view = this.#view, run = this.#run;
    if (!run) return;
    render(view, { ...counted(run), children: run.steps, left: this.#left }, run.now);
    if (this.hasAttribute('href')) view.name.href = this.getAttribute('href');
    const cancelling = this.#cancelling || run.status === 'cancelling';
    view.cancel.hidden = isOver(run) || !(run.cancellable || cancelling) || this.hasAttribute('readonly');
    setText(view.cancel, cancelling ? 'cancelling…' : 'Cancel');
    view.cancel.ariaDisabled = cancelling;
    view.bar.hidden = false;
    view.bar.ariaLabel = name(run);
    view.bar.ariaValueNow = view.percent.textContent.slice(0, -1) || null;
    view.bar.ariaValueText = join([view.percent.textContent, announcement(run)], ', ');
    timer ??= setTimeout(tickAll, 500);
  }

  tick() {
    const run = this.#run;
    if (!run) return;
    updateTimes(this.#view, run.now + performance.now() - this.#receivedAt);
    return isActive(run);
  }
}

customElements.get('workflow-progress') ?? customElements.define('workflow-progress', WorkflowProgress);
