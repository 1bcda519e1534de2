/** A member of a group: its partitions or its standby state, and its buttons. */
import { act } from './actions.js';
import { h, keyed, setAttribute, setText } from './dom.js';

const words = {
  owner: 'owns',
  standby: 'stands by',
  joining: 'joins',
  frozen: 'is frozen',
};

export function makeMember({ poller, pid, group }) {
  const state = h('span', { class: 'member-state' });
  const tokens = h('span', { class: 'tokens' });
  const kill = h(
    'button',
    { type: 'button', 'data-action': 'kill-poller', 'aria-label': `Kill poller ${poller} of ${group}` },
    'Kill',
  );
  const freeze = h('button', { type: 'button' });
  let isFrozen = false;
  kill.addEventListener('click', () => act({ action: 'kill-poller', group, poller }, kill));
  freeze.addEventListener('click', () =>
    act({ action: isFrozen ? 'thaw-poller' : 'freeze-poller', group, poller }, freeze),
  );
  const element = h(
    'li',
    { class: `member hue-${hueOf(poller)}`, 'data-poller': poller, title: `pid ${pid}` },
    h('p', { class: 'member-name' }, `Poller ${poller}`),
    h('p', { class: 'member-owns' }, state, tokens),
    h('p', { class: 'member-buttons' }, kill, freeze),
  );
  return {
    element,
    update(member) {
      isFrozen = member.state === 'frozen';
      setAttribute(element, 'data-state', member.state);
      setText(state, words[member.state]);
      keyed(tokens, member.partitions, String, makeToken);
      setText(freeze, isFrozen ? 'Thaw' : 'Freeze');
      setAttribute(freeze, 'data-action', isFrozen ? 'thaw-poller' : 'freeze-poller');
      setAttribute(freeze, 'aria-label', `${isFrozen ? 'Thaw' : 'Freeze'} poller ${poller} of ${group}`);
    },
  };
}

function makeToken(partition) {
  return {
    element: h('span', { class: 'token', title: `partition ${partition}` }, `P${partition}`),
    update() {},
  };
}

/** One colour per poller number, on its card and at its partitions. */
export function hueOf(poller) {
  return 1 + ((poller - 1) % 6);
}
