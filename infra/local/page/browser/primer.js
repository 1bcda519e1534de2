/** Three concepts, each with the current state and a button that demonstrates it. */
import { act } from './actions.js';
import { h, setText } from './dom.js';
import { listed, plural } from './format.js';

const list = document.getElementById('primer');
let cards;

export function renderPrimer(view) {
  const [group] = view.groups;
  if (group === undefined) return;
  cards ??= build();
  cards.group.update(groupText(group), view);
  cards.standby.update(standbyText(group), view);
  cards.twice.update(twiceText(view), view);
}

function groupText({ group, members, partitions }) {
  const owners = members.filter((member) => member.partitions.length > 0);
  const shares = owners.map(
    ({ poller, partitions: own }) => `poller ${poller} owns ${listed(own.map((each) => `P${each}`))}`,
  );
  return shares.length === 0
    ? `${group} has no owners at this moment.`
    : `Now, in ${group}: ${shares.join('; ')}. Never two for one of the ${plural(partitions.length, 'partition')}.`;
}

function standbyText({ group, members }) {
  const standby = members.filter(({ state }) => state === 'standby');
  if (standby.length === 0) return `Now nobody stands by in ${group}: every member owns something.`;
  return `Now ${listed(standby.map(({ poller }) => `poller ${poller}`))} of ${group} ${standby.length === 1 ? 'stands' : 'stand'} by.`;
}

function twiceText({ groups }) {
  const skipped = groups.reduce((sum, { duplicates }) => sum + duplicates, 0);
  return skipped === 0
    ? 'So far nothing came twice.'
    : `So far ${plural(skipped, 'record')} came again, and none of them was counted again.`;
}

function build() {
  const group = card(
    'What is a consumer group?',
    'Its members share the partitions: each partition has exactly one owner, which reads it in order.',
  );
  const standby = card(
    'Who is the standby?',
    'A member beyond the number of partitions owns nothing. When an owner dies, the standby continues at the committed offset.',
    ['Add a standby', addUntilStandby, ({ groups: [first] }) => !hasStandby(first)],
    ['Kill an owner', killOwner, ({ groups: [first] }) => hasStandby(first)],
  );
  const twice = card(
    'Why is nothing billed twice?',
    'A successor reads again what was not committed. But each ledger entry names the offsets that it has counted, so a record that comes again is skipped.',
    ['Send everything again', replay, () => true],
  );
  return { group, standby, twice };
}

function card(title, text, ...steps) {
  const now = h('p', { class: 'now' });
  const element = h('li', { class: 'panel primer-card' }, h('h3', {}, title), h('p', {}, text), now);
  const buttons = steps.map(([name, run, isOpen]) => {
    const button = h('button', { type: 'button', class: 'primary' }, name);
    button.addEventListener('click', () => run(button.view, button));
    element.append(button);
    return { button, isOpen };
  });
  list.append(element);
  return {
    update(text, view) {
      setText(now, text);
      for (const { button, isOpen } of buttons) {
        button.view = view;
        button.hidden = !isOpen(view);
      }
    },
  };
}

function hasStandby({ members }) {
  return members.some(({ state }) => state === 'standby');
}

async function addUntilStandby({ groups: [{ group, members, partitions }] }, button) {
  for (let pollers = members.length; pollers <= partitions.length; pollers++)
    if (!(await act({ action: 'add-poller', group }, button))) return;
}

async function killOwner({ groups: [{ group, members }] }, button) {
  const owner = members.find(({ state }) => state === 'owner');
  if (owner !== undefined) await act({ action: 'kill-poller', group, poller: owner.poller }, button);
}

async function replay({ groups: [{ group }] }, button) {
  await act({ action: 'replay', group }, button);
}
