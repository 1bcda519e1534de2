/** Connects to the event stream of `npm start`, keeps a bounded part of the events, and draws the page. */
import { token } from './actions.js';
import { renderControls } from './controls.js';
import { setAttribute, setText } from './dom.js';
import { renderLog } from './event-log.js';
import { clock, count } from './format.js';
import { renderGroups } from './groups.js';
import { renderMoney } from './money.js';
import { renderPrimer } from './primer.js';
import { renderTopic } from './topic.js';
import { renderVerdict } from './verdict.js';

const SAMPLES_KEPT = 180;
const LINES_KEPT = 200;
const SILENT_AFTER_MS = 4_000;

const kept = { samples: [], lines: [] };
const connection = document.getElementById('connection');
const notice = document.getElementById('notice');
const conditions = document.getElementById('conditions');
let heardAt = 0;
let isStale = false;

if (token === null)
  tellNotice('Open the address that npm start has printed: it carries the key of this run.');
else connect();

function connect() {
  const stream = new EventSource(`/events?token=${encodeURIComponent(token)}`);
  const on = (name, take) => stream.addEventListener(name, (event) => take(JSON.parse(event.data)));
  on('history', ({ samples, lines }) => {
    kept.samples = samples;
    kept.lines = lines;
    renderLog(kept.lines);
  });
  on('sample', (sample) => {
    kept.samples.push(sample);
    if (kept.samples.length > SAMPLES_KEPT) kept.samples.shift();
  });
  on('line', (line) => {
    kept.lines = [...kept.lines.filter(({ n }) => n !== line.n), line].slice(-LINES_KEPT);
    renderLog(kept.lines);
  });
  on('view', (view) => {
    heardAt = performance.now();
    tellConnected(true);
    tellFresh();
    if (!document.hidden) render(view);
  });
  stream.addEventListener('error', () => {
    tellConnected(false);
    if (stream.readyState === EventSource.CLOSED)
      tellNotice('This address belongs to another run. Open the one that npm start has printed last.');
  });
  setInterval(() => {
    if (performance.now() - heardAt < SILENT_AFTER_MS) return;
    tellConnected(false);
    if (heardAt > 0) tellStale();
  }, 1_000);
}

function render(view) {
  renderVerdict(view);
  renderMoney(view);
  renderPrimer(view);
  renderTopic(view, kept.samples);
  renderGroups(view, kept.samples);
  renderControls(view);
  renderConditions(view);
  setAttribute(document.body, 'data-ready', true);
}

function tellConnected(isConnected) {
  setText(connection, isConnected ? 'Live' : 'No connection');
  setAttribute(connection, 'data-tone', isConnected ? 'good' : 'bad');
}

/** Marks the page as outdated, and disables it. */
function tellStale() {
  if (isStale) return;
  isStale = true;
  const then = clock(Date.now() - (performance.now() - heardAt));
  tellNotice(`npm start has ended or has not answered since ${then}. The page shows the state of that time.`);
  setStale();
}

function tellFresh() {
  if (!isStale) return;
  isStale = false;
  notice.hidden = true;
  setStale();
}

function setStale() {
  document.body.toggleAttribute('data-stale', isStale);
  for (const part of document.querySelectorAll('main, aside')) part.inert = isStale;
}

function renderConditions({ controls, topic }) {
  const broker =
    controls.brokerAnswers === undefined ? 'not asked yet' : controls.brokerAnswers ? 'up' : 'down';
  const wanted =
    controls.rate === undefined
      ? 'as many clicks as possible'
      : controls.rate === 0
        ? 'no clicks are made'
        : `${count(controls.rate)} clicks/s wanted`;
  setText(
    conditions,
    `Broker ${broker} · DynamoDB ${controls.throttled ? 'throttled' : 'up'} · ${wanted}, ${count(Math.round(topic.rate))} come`,
  );
}

function tellNotice(text) {
  notice.hidden = false;
  setText(notice, text);
}
