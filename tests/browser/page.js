// Runs in each page before its own scripts: the helpers and the records of the tests.
window.test = {
  /** Errors, and requests that the policy has refused; must stay empty. */
  problems: [],
  /** The bar of the first run in each frame. */
  frames: [],
  /** The announcements for screen readers. */
  spoken: [],
  events: [],

  element: (index = 0) => document.querySelectorAll('workflow-progress')[index],
  root: (index) => test.element(index)?.shadowRoot,
  /** A part of the lines of the run itself. */
  head: (part, index) => test.root(index)?.querySelector(`section > .${part}, section > div > .${part}, section > .bar > .${part}`),
  /** The row of the step whose name starts with `name`. */
  row: (name, index) => [...(test.root(index)?.querySelectorAll('li.step') ?? [])].find((row) => test.part(row, 'name').textContent.startsWith(name)),
  part: (row, part) => row.querySelector(`:scope > .${part}, :scope > .row .${part}`),
  /** The text of a row, from left to right. */
  textOf: (row) => row && ['icon', 'name', 'status', 'percent'].map((part) => test.part(row, part).textContent).filter(Boolean).join(' '),
  seen: (node) => !!node && node.checkVisibility({ visibilityProperty: true }),

  frame() {
    const bar = test.head('bar');
    const run = test.element()?.snapshot;
    if (run && test.seen(bar)) {
      const track = bar.getBoundingClientRect();
      const painted = bar.firstChild.getBoundingClientRect();
      test.frames.push({
        painted: painted.width / track.width, left: painted.left - track.left, now: bar.getAttribute('aria-valuenow'),
        said: test.head('percent').textContent, ended: run.ended !== null, reported: run.progress / 1e4,
      });
    }
    requestAnimationFrame(test.frame);
  },

  /** Waits until `holds` is truthy and passes its value on; null after the limit. */
  until(holds, limit, done) {
    const end = performance.now() + limit;
    const look = () => {
      const value = holds();
      if (value) done(value);
      else if (performance.now() > end) done(null);
      else if (document.hidden) setTimeout(look, 20);
      else requestAnimationFrame(look);
    };
    look();
  },
};
requestAnimationFrame(test.frame);
addEventListener('error', (event) => test.problems.push(String(event.message)));
addEventListener('unhandledrejection', (event) => test.problems.push(String(event.reason)));
addEventListener('securitypolicyviolation', (event) => test.problems.push(`${event.violatedDirective}: ${event.blockedURI}`));
for (const type of ['progress', 'end']) {
  addEventListener(type, (event) => test.events.push({ type, run: event.detail.run, status: event.detail.status, progress: event.detail.progress }));
}
