// <workflow-progress src="…/runs/ID">: words, stream, rows, element.

const SIGNS = {
  pending: '○', running: '◐', retrying: '↻', cancelling: '◌', skipped: '↷',
  completed: '✓', completed_with_errors: '⚠\ufe0e', failed: '✗', cancelled: '⊘',
};
export const sign = (it) => SIGNS[it.status] ?? '•';
export const word = (it) => String(it.status).replaceAll('_', ' ');
export const isOver = (it) => it.ended != null || /^(comp|fail|skip|cancelled)/.test(it.status);
const isActive = (it) => it.status !== 'pending' && !isOver(it);
const isItem = (it) => /^\d+$/.test(it.id);
const inside = (it) => it.children ?? [];
const name = (it) => (isItem(it) ? (/^\S+ (?=\d)/.exec(it.title) ?? '#') + it.id : it.title || it.id);
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

function coarse(ms) {
  const unit = ms > 5e4 ? 6e4 : 1e4;
  return '~' + time(Math.max(1, Math.ceil(ms / unit)) * unit).replace('m00s', 'm') + ' left';
}

function count(it) {
  const items = inside(it).filter((step) => isItem(step) && isActive(step));
  return it.total ? (items.length === 1 ? join([it.item, items[0].id], ' ') : it.done) + '/' + it.total : !items[0] && it.done > 1 && it.done;
}

function said(it, now) {
  const attempt = it.status === 'retrying' ? ', attempt ' + join([it.attempt, it.attempts], '/') : '';
  // An error stands where it happened.
  const cause = it.reason || ((it.steps || inside(it).every((step) => step.error !== it.error)) && it.error);
  const step = it.steps?.findLast(isActive);
  return join([
    word(it) + attempt + (cause ? ': ' + cause : ''),
    // A loop's own message names its item.
    isActive(it) ? !(it.message && inside(it)[0]) && count(it) : it.done > 1 && it.done + ' done',
    isActive(it) && !step && it.message,
    it.job && it.job.kind + ' ' + it.job.id,
    it.status === 'cancelling' && step && 'waiting for ' + join([name(step), count(step)], ' '),
    isActive(it) && it.step?.total && `step ${it.step.current}/${it.step.total}`,
    isActive(it) && it.end > 0 && coarse(it.end - now),
    !it.error && it.errors && it.errors + (it.errors > 1 ? ' errors' : ' error'),
  ]);
}

const failure = (it) => join(inside(it).map((step) => failure(step) || step.error));

const streams = new Map();

/** Tells of a run, or for '' of the list; returns how to stop. */
export function watch(base, id, listener) {
  if (!streams.has(base)) streams.set(base, stream(base));
  return streams.get(base).watch(id, listener);
}

/** One event stream a page and base. */
function stream(base) {
  const watched = new Map();
  let source, timer, open = [], tries = 0;

  function close() {
    source?.close();
    clearTimeout(timer);
    source = timer = null;
  }

  function sync() {
    watched.forEach((it, id) => it.listeners.size || watched.delete(id));
    const ids = [...watched.keys()].filter((id) => !watched.get(id).over);
    if (!ids.length) close();
    // A hidden tab holds no connection, but its title stays true.
    else if (document.hidden) timer ??= setTimeout(poll, watched.get(ids[0]).data ? 15e3 : 1e3, ids);
    else if (source ? ids.some((id) => !open.includes(id)) || open.some((id) => !watched.has(id)) : !timer) connect(ids);
  }

  const later = () => queueMicrotask(sync);

  function connect(ids) {
    close();
    open = ids;
    source = new EventSource(base + 'events?run=' + ids.filter(Boolean).map(encodeURIComponent) + (ids.includes('') ? '&list' : ''));
    const on = (type, act) => source.addEventListener(type, (event) => {
      tries = 0;
      listen();
      act(JSON.parse(event.data));
    });
    on('message', (run) => deliver(run.run, run));
    on('runs', (list) => deliver('', list));
    on('gone', ({ run }) => deliver(run));
    on('alive', Boolean);
    source.addEventListener('bye', source.onerror = lost);
    listen();
  }

  // The server speaks each 15 s.
  function listen() {
    clearTimeout(timer);
    timer = setTimeout(lost, 45e3);
  }

  function lost() {
    close();
    watched.forEach((it) => it.over || it.listeners.forEach((listener) => listener(null, 'reconnecting…')));
    timer = setTimeout(() => sync(timer = null), Math.min(30e3, 1e3 * 2 ** tries++) * (1 + Math.random()) / 2);
  }

  function deliver(id, data) {
    const it = watched.get(id);
    if (!it) return;
    it.data = data;
    it.over = !data || isOver(data);
    it.listeners.forEach((listener) => listener(data, data ? '' : 'no longer known'));
    later();
  }

  async function poll(ids) {
    timer = null;
    await Promise.allSettled(ids.map(async (id) => {
      const response = await fetch(base + join(['runs', encodeURIComponent(id)], '/'));
      if (response.ok) deliver(id, await response.json());
      if (response.status === 404) deliver(id);
    }));
    sync();
  }

  return {
    watch(id, listener) {
      const it = watched.get(id) ?? { listeners: new Set() };
      watched.set(id, it);
      it.listeners.add(listener);
      if (it.data) listener(it.data);
      later();
      return () => later(it.listeners.delete(listener));
    },
    wake() {
      tries = 0;
      close();
      sync();
    },
  };
}

/** `at` gets each element by its part. */
function build([tag, part, ...parts], at = { rows: [] }) {
  const node = at[part] = document.createElement(tag);
  node.part = node.className = part;
  for (const it of parts) node.append(build(it, at)[it[1]]);
  return at;
}
const STEP = ['li', 'step',
  ['div', 'row', ['span', 'sign'], ['div', 'what', ['span', 'name'], ['button', 'toggle']], ['span', 'said'],
    ['span', 'bar', ['i', 'fill']], ['span', 'percent'], ['span', 'time']],
  ['ol', 'steps', ['li', 'more']]];
const RUN = ['section', 'step',
  ['div', 'head', ['span', 'sign'], ['a', 'name'], ['button', 'toggle'], ['span', 'percent']],
  ['div', 'bar', ['i', 'fill']],
  ['div', 'foot', ['span', 'time'], ['span', 'said'], ['span', 'note'], ['span', 'problem'], ['button', 'cancel']],
  ['ol', 'steps', ['li', 'more']], ['p', 'spoken']];

const put = (node, text) => node.textContent === text || (node.textContent = text);

/** Shows a run or a step; rows are kept by their ids. */
function show(at, it, now) {
  const again = at.is?.attempt !== it.attempt, active = isItem(it) ? inside(it).filter(isActive) : [];
  at.is = it;
  // An item with one step at work shows as one row.
  const shown = at.shown = active.length === 1 && !isItem(active[0]) ? active[0] : it;
  const before = at.rows;
  const rows = at.rows = inside(shown).map((step) => show(before.find((row) => row.is.id === step.id) ?? build(STEP), step, now));
  // Of items that left stay failed ones, and the last two one could read.
  const left = before.filter((row) => !again && !rows.includes(row) && isItem(row.is) && !/fail|cancel/.test(shown.status));
  rows.unshift(...left.filter((row, index) => {
    const error = failure(row.is), status = error ? 'completed_with_errors' : 'completed';
    if (!isOver(row.is)) show(row, { ...row.is, status, error, ended: now, children: [] }, now);
    return row.is.error ? index < 5 : isActive(shown) && index > left.length - 3 && row.is.ended - row.is.started > 500;
  }));
  before.forEach((row) => rows.includes(row) || row.step.remove());
  rows.forEach(({ step }, index) => step === at.steps.children[index] || at.steps.insertBefore(step, at.steps.children[index]));
  at.more.hidden = !shown.more;
  put(at.more, `… ${shown.more ?? 0} more`);

  const known = it.progress || (it.steps ? isOver(it) : shown.total != null || inside(shown)[0]);
  at.step.part = 'step ' + (at.step.dataset.state = shown.status);
  at.sign.ariaHidden = true;
  put(at.sign, sign(shown));
  put(at.name, name(it) + (shown === it ? '' : ' ' + name(shown)));
  at.bar.classList.toggle('unknown', !known);
  at.bar.style.visibility = it.steps || isActive(it) ? '' : 'hidden';
  put(at.percent, known && (it.steps || isActive(it)) ? percent(it) : '');
  at.fill.style.transform = `scaleX(${it.progress / 1e4})`;
  at.toggle.ariaLabel = 'steps of ' + name(it);
  at.name.onclick = at.toggle.onclick = () => unfold(at, at.chosen = at.steps.hidden);
  unfold(at);
  tick(at, now);
  return at;
}

/** Open at work and failed, unless the reader says otherwise. */
function unfold(at) {
  const open = at.chosen ?? (!!at.is.steps || isActive(at.is) || /fail|err/.test(at.is.status));
  at.toggle.hidden = !at.rows[0];
  at.toggle.ariaExpanded = open;
  put(at.toggle, open ? '▾' : '▸');
  at.steps.hidden = !open;
}

function tick(at, now) {
  put(at.said, said(at.shown, now));
  put(at.time, at.is.started == null || at.is.reason ? '' : duration(at.is, now));
  at.rows.forEach((row) => tick(row, now));
}

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
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
.head, .foot, .what { display: flex; gap: .2em .6em; align-items: baseline }
.foot { flex-wrap: wrap; margin-bottom: .3em }
.head > .name { flex: 1; color: inherit }
.foot > .said { flex: 1 9em }
.head > *, [data-state=running] > .row .name { font-weight: 600 }
.time, .more, .note { color: var(--workflow-muted) }
.bar { display: block; height: .3em; border-radius: 1em; overflow: hidden; background: var(--workflow-track) }
section > .bar { height: .6em; margin: .3em 0 }
.fill { display: block; height: 100%; background: var(--tone); transform-origin: 0; transition: transform .3s ease-out }
.row { display: grid; grid: auto / 1.4em 1fr 42cqi 5em 3em 4em; align-items: baseline; padding: .1em 0 }
.row > .bar { align-self: center }
.percent, .row > .time { text-align: end }
.sign { color: var(--tone) }
.said { color: var(--say) }
[data-state] { --tone: var(--workflow-active); --say: currentColor }
[data-state^=comp] { --tone: var(--workflow-good); --say: var(--workflow-muted) }
[data-state=failed] { --say: var(--tone); --tone: var(--workflow-bad) }
[data-state=pending], [data-state=skipped] { --say: var(--tone); --tone: var(--workflow-muted) }
[data-state=retrying], [data-state^=cancel], [data-state$=errors] { --say: var(--tone); --tone: var(--workflow-warning) }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--workflow-muted); border-radius: .4em; padding: 0 .5em }
.toggle { border: 0 }
.spoken { position: absolute; width: 1px; clip-path: inset(50%) }
.unknown { animation: wait 1.5s infinite }
@keyframes wait { 50% { opacity: .3 } }
@container (width < 36rem) { .row { grid: auto / 1.4em 1fr auto 4em } .row > .said { grid-area: 2 / 2 / auto / -1 } .row > .bar { display: none } }
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
  #at; #run; #since; #end; #asked; #stop;

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet];
    this.#reset();
  }

  connectedCallback() {
    this.#watch();
  }

  disconnectedCallback() {
    elements.delete(this);
    this.#stop?.();
  }

  attributeChangedCallback(key, before, after) {
    if (before === after) return;
    if (key === 'src') this.#watch(this.#reset());
    this.#draw();
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
    // A server started anew may use an id again.
    if (run.started > this.#run?.started) this.#reset();
    const before = this.#run;
    if (before?.seq >= run.seq) return;
    // Time left counts down; drift is corrected.
    const left = run.eta_ms ?? NaN;
    if (!(Math.abs(this.#end - run.now - left) <= 3e3 + left / 5)) this.#end = run.now + left;
    this.#run = { ...run, progress: Math.max(run.progress, before?.progress ?? 0) };
    this.#since = performance.now();
    this.#draw();
    if (before && spoken(run) && spoken(before) !== spoken(run)) put(this.#at.spoken, spoken(run));
    this.#fire('progress');
    if (isOver(run) && !before?.ended) this.#fire('end');
  }

  #fire(type) {
    this.dispatchEvent(new CustomEvent(type, { detail: this.#run, bubbles: true, composed: true }));
  }

  #reset() {
    const at = this.#at = build(RUN);
    this.#run = this.#asked = null;
    Object.assign(at.bar, { hidden: true, role: 'progressbar', ariaValueMin: 0, ariaValueMax: 100 });
    at.spoken.role = 'status';
    at.cancel.onclick = () => this.#asked || this.cancel();
    at.cancel.hidden = true;
    this.shadowRoot.replaceChildren(at.step);
  }

  #watch() {
    this.#stop?.();
    if (!this.isConnected) return;
    elements.add(this);
    if (!this.src) return;
    const url = new URL(this.src, document.baseURI);
    this.#stop = watch(new URL('..', url).href, decodeURIComponent(url.pathname.split('/').pop()), (run, note) => {
      if (run) this.snapshot = run;
      else if (run !== null) this.#at.cancel.hidden = elements.delete(this);
      put(this.#at.note, note);
    });
  }

  async cancel() {
    this.#asked = true;
    put(this.#at.problem, '');
    this.#draw();
    const answer = await fetch(this.src + '/cancel', { method: 'POST' }).then((response) => response.json()).catch(() => 0);
    if (answer && !answer.error) return;
    this.#asked = false;
    put(this.#at.problem, 'not cancelled: ' + (answer.error ?? 'no answer'));
    this.#draw();
  }

  #draw() {
    const at = this.#at, run = this.#run;
    if (!run) return;
    show(at, { ...run, children: run.steps, end: this.#end }, run.now);
    if (this.hasAttribute('href')) at.name.href = this.getAttribute('href');
    const cancelling = this.#asked || run.status === 'cancelling';
    at.cancel.hidden = isOver(run) || !(run.cancellable || cancelling) || this.hasAttribute('readonly');
    put(at.cancel, cancelling ? 'cancelling…' : 'Cancel');
    at.cancel.ariaDisabled = cancelling;
    at.bar.hidden = false;
    at.bar.ariaLabel = run.title;
    at.bar.ariaValueNow = at.percent.textContent.slice(0, -1) || null;
    at.bar.ariaValueText = join([at.percent.textContent, spoken(run)], ', ');
    timer ??= setTimeout(tickAll, 500);
  }

  tick() {
    const run = this.#run;
    if (!run) return;
    tick(this.#at, run.now + performance.now() - this.#since);
    return isActive(run);
  }
}

function spoken(run) {
  const step = run.steps.findLast(isActive);
  return isOver(run) ? run.title + ' ' + said(run) : step ? `step ${run.step.current} of ${run.step.total}, ${name(step)}` : '';
}

customElements.get('workflow-progress') ?? customElements.define('workflow-progress', WorkflowProgress);
