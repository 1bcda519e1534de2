/** One partition as one group reads it: owner, log position, and the lag of the last minutes. */
import { chart } from './chart.js';
import { h, setAttribute, setText } from './dom.js';
import { count, seconds } from './format.js';
import { hueOf } from './members.js';

export function makePartition({ partition }) {
  const owner = h('span', { class: 'owner' });
  const [committed, applied, lag] = ['committed', 'applied', 'lag'].map(() => h('dd'));
  const behind = chart('lag');
  const fact = (what, value) => h('div', {}, h('dt', {}, what), value);
  const element = h(
    'li',
    { class: 'partition-row', 'data-partition': partition },
    h('p', { class: 'who' }, h('span', { class: 'token' }, `P${partition}`), owner),
    h('dl', { class: 'facts' }, fact('committed', committed), fact('applied', applied), fact('lag', lag)),
    behind.element,
  );
  return {
    element,
    update(of) {
      const nobody = of.believed === undefined ? 'nobody' : `nobody (Poller ${of.believed} was removed)`;
      setText(owner, of.owner === undefined ? nobody : `Poller ${of.owner}`);
      setAttribute(
        element,
        'class',
        `partition-row ${of.owner === undefined ? 'orphan' : `hue-${hueOf(of.owner)}`}`,
      );
      setText(committed, of.committed === undefined ? 'nothing yet' : count(of.committed));
      setText(applied, count(of.applied));
      setText(lag, lagText(of));
      const worst = Math.max(0, ...of.behind);
      behind.update(
        of.behind,
        `Lag of partition ${partition} in the last minutes: now ${of.lag}, at most ${worst} records`,
      );
    },
  };
}

function lagText({ lag, lagSeconds }) {
  if (lag === 0) return '0';
  const age = lagSeconds === undefined ? 'over 5 min' : seconds(lagSeconds);
  return `${count(lag)} · ${age}`;
}
