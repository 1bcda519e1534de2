/** Connects to the event stream of `npm start`, keeps what it sent, and draws. What is kept is bounded. */
import { token } from './actions.js';
import { renderControls } from './controls.js';
import { setAttribute, setText } from './dom.js';
import { renderLog } from './event-log.js';
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
let heardAt = 0;

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
    if (!document.hidden) render(view);
  });
  stream.addEventListener('error', () => {
    tellConnected(false);
    if (stream.readyState === EventSource.CLOSED)
      tellNotice('This address belongs to another run. Open the one that npm start has printed last.');
  });
  setInterval(() => performance.now() - heardAt < SILENT_AFTER_MS || tellConnected(false), 1_000);
}

function render(view) {
  renderVerdict(view);
  renderMoney(view);
  renderPrimer(view);
  renderTopic(view, kept.samples);
  renderGroups(view, kept.samples);
  renderControls(view);
  setAttribute(document.body, 'data-ready', true);
}

function tellConnected(isConnected) {
  setText(connection, isConnected ? 'Live' : 'No connection');
  setAttribute(connection, 'data-tone', isConnected ? 'good' : 'bad');
}

function tellNotice(text) {
  notice.hidden = false;
  setText(notice, text);
}
