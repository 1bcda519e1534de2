/** The auditor's verdict: green or red, and always with a sentence. */
import { h, keyed, setAttribute, setText } from './dom.js';

const marks = { exact: '✓', wrong: '✕', unknown: '…' };
const panel = document.getElementById('verdict');
const mark = document.getElementById('verdict-mark');
const says = document.getElementById('verdict-says');
const ledgers = document.getElementById('verdict-ledgers');

export function renderVerdict({ verdict }) {
  setAttribute(panel, 'data-state', verdict.state);
  setText(mark, marks[verdict.state]);
  setText(says, verdict.says);
  keyed(ledgers, verdict.ledgers, ({ ledger }) => ledger, makeLedger);
}

function makeLedger({ ledger }) {
  const text = h('span');
  const faults = h('ul', { class: 'faults' });
  const element = h('li', {}, h('strong', {}, ledger), ' ', text, faults);
  return {
    element,
    update(of) {
      setText(text, of.says);
      keyed(faults, of.faults, String, (fault) => ({ element: h('li', {}, fault), update() {} }));
      faults.hidden = of.faults.length === 0;
    },
  };
}
