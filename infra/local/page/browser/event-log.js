/** What happened, the newest first. */
import { h, keyed, setText } from './dom.js';
import { clock } from './format.js';

const log = document.getElementById('log');
/** A scrolling area must be reachable by keyboard. */
document.getElementById('log-scroll').tabIndex = 0;

export function renderLog(lines) {
  keyed(log, [...lines].reverse(), ({ n }) => n, makeLine);
}

function makeLine({ kind, group, at }) {
  const says = h('span', { class: 'line-says' });
  const element = h(
    'li',
    { 'data-kind': kind },
    h('time', { datetime: new Date(at).toISOString() }, clock(at)),
    h('span', { class: 'line-kind' }, kind),
    h('span', { class: 'line-group' }, group ?? ''),
    says,
  );
  return { element, update: (line) => setText(says, line.says) };
}
