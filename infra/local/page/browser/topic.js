/** The partitions of the topic: how fast each one grows, and which one is hot. Below them the topics that no group reads. */
import { chart } from './chart.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { count } from './format.js';

const list = document.getElementById('topic');
const title = document.getElementById('topic-title');
const beside = document.getElementById('topics-unread');

export function renderTopic({ topic, unread }, samples) {
  setText(title, `The topic ${topic.name}`);
  const partitions = topic.partitions.map((each) => ({
    ...each,
    rates: samples.map(({ rates }) => rates[each.partition] ?? 0),
  }));
  const others = unread.map(
    ({ topic: name, records }) => `${name}: ${count(records)} records, no group reads it.`,
  );
  setText(beside, others.join(' '));
  beside.hidden = others.length === 0;
  keyed(list, partitions, ({ partition }) => partition, makePartition);
}

function makePartition({ partition }) {
  const hot = h('span', { class: 'chip', 'data-tone': 'hot' }, 'hot');
  const rate = h('span', { class: 'rate' });
  const end = h('span', { class: 'muted' });
  const rates = chart('rate');
  const head = h('div', { class: 'row' }, h('h3', {}, `Partition ${partition}`), hot);
  const element = h(
    'li',
    { class: 'panel partition' },
    head,
    h('p', { class: 'row' }, rate, end),
    rates.element,
  );
  return {
    element,
    update({ end: to, rate: perSecond, hot: isHot, rates: seen }) {
      hot.hidden = !isHot;
      setAttribute(element, 'data-hot', isHot);
      setText(rate, `${count(perSecond)} records/s`);
      setText(end, `log end ${count(to)}`);
      rates.update(
        seen,
        `Records a second in the last minutes: now ${perSecond}, at most ${Math.max(0, ...seen)}`,
      );
    },
  };
}
