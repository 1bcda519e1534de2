/** The value of the log, the total of each ledger, and the consumer without Clickledger if it runs. */
import { h, keyed, setAttribute, setText } from './dom.js';
import { count, money, plural } from './format.js';
import { makeSwitch } from './switch.js';

const figures = document.getElementById('money');
const naiveSwitch = makeSwitch('Run it', 'without-clickledger', 'Run the consumer without Clickledger');

export function renderMoney({ topic, groups, naive, controls, verdict }) {
  const wrong = new Set(verdict.ledgers.filter(({ state }) => state === 'wrong').map(({ ledger }) => ledger));
  const cards = [
    logCard(topic),
    ...groups.map((group) => ledgerCard(group, topic, wrong.has(group.ledger))),
    naiveCard(naive),
  ];
  keyed(figures, cards, ({ key }) => key, makeCard);
  naiveSwitch.update(controls.naive);
}

function logCard({ name, records, worth }) {
  const refused =
    worth === undefined || worth.refused === 0
      ? ''
      : `; ${plural(worth.refused, 'record is', 'records are')} no click`;
  return {
    key: 'log',
    kind: 'Produced',
    name,
    clicks: worth?.clicks ?? records,
    money: worth?.micros,
    tone: undefined,
    says: worth === undefined ? 'the auditor has not read it yet' : `what the log is worth${refused}`,
    facts: [],
  };
}

function ledgerCard({ group, ledger, clicks, money: billed, duplicates, parked, gaps }, { worth }, isWrong) {
  const behind = worth === undefined ? undefined : worth.clicks - clicks;
  return {
    key: group,
    kind: 'Counted',
    name: `${ledger}, by ${group}`,
    clicks,
    money: billed,
    tone: isWrong ? 'bad' : behind === undefined ? undefined : 'good',
    says: isWrong ? 'does not agree with the log: the verdict above says where' : countedSays(behind, parked),
    facts: [
      ['duplicates skipped', duplicates],
      ['parked', parked],
      ['gaps', gaps],
    ],
  };
}

function countedSays(behind, parked) {
  const aside = parked > 0 ? `; ${plural(parked, 'record')} set aside` : '';
  if (behind === undefined) return `each of them once${aside}`;
  return behind <= 0
    ? `as many as the log holds${aside}`
    : `each once; ${plural(behind, 'click')} still to come${aside}`;
}

function naiveCard(naive) {
  const card = { key: 'naive', kind: 'Without Clickledger', name: 'a plain consumer beside', facts: [] };
  if (naive === undefined)
    return {
      ...card,
      says: 'Adds to a counter, commits every 5 s. Run it under the same faults, and compare.',
    };
  const { clicks, money: billed, tooMuch } = naive;
  if (tooMuch === undefined || tooMuch.clicks === 0)
    return { ...card, clicks, money: billed, tone: 'wait', says: 'nothing billed twice yet: kill something' };
  const { units } = money(tooMuch.money);
  const says = `double-billed: at least ${plural(tooMuch.clicks, 'click')} and ${units} too much`;
  return { ...card, clicks, money: billed, tone: 'bad', says };
}

function makeCard({ key }) {
  const [kind, name, clicks, unit, units, micros, says] = ['p', 'p', 'span', 'span', 'span', 'span', 'p'].map(
    (tag) => h(tag),
  );
  const facts = h('dl', { class: 'facts' });
  kind.className = 'figure-kind';
  name.className = 'muted';
  clicks.className = 'figure-clicks';
  unit.className = 'muted';
  micros.className = 'micros';
  says.className = 'figure-says';
  const counted = h('p', { class: 'figure-count' }, clicks, ' ', unit);
  const paid = h('p', { class: 'figure-money' }, units, micros);
  const element = h(
    'article',
    { class: 'panel figure', 'data-card': key },
    kind,
    name,
    counted,
    paid,
    says,
    facts,
  );
  if (key === 'naive') element.append(naiveSwitch.element);
  return {
    element,
    update(card) {
      setAttribute(element, 'data-tone', card.tone);
      setText(kind, card.kind);
      setText(name, card.name);
      counted.hidden = card.clicks === undefined;
      paid.hidden = card.clicks === undefined;
      setText(clicks, count(card.clicks ?? 0));
      setText(unit, card.clicks === 1 ? 'click' : 'clicks');
      const worth = card.money === undefined ? { units: 'not counted yet', micros: '' } : money(card.money);
      setText(units, worth.units);
      setText(micros, worth.micros);
      setText(says, card.says);
      keyed(facts, card.facts, ([what]) => what, makeFact);
      facts.hidden = card.facts.length === 0;
    },
  };
}

function makeFact([what]) {
  const number = h('dd');
  const element = h('div', {}, h('dt', {}, what), number);
  return { element, update: ([, value]) => setText(number, count(value)) };
}
