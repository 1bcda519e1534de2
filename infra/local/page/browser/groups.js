/** One panel for each consumer group: its state, its members, and each partition's owner and position. */
import { act } from './actions.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { listed, plural, seconds } from './format.js';
import { makePartition } from './group-partitions.js';
import { makeMember } from './members.js';

const panels = document.getElementById('group-panels');

export function renderGroups({ groups, at }, samples) {
  const items = groups.map((group) => ({
    ...group,
    at,
    lags: samples.map(({ lags }) => lags[group.group] ?? []),
  }));
  keyed(panels, items, ({ group }) => group, makeGroup);
}

function makeGroup({ group, ledger }) {
  const state = h('span', { class: 'chip' });
  const generation = h('span', { class: 'muted' });
  const says = h('p', { class: 'group-says' });
  const members = h('ul', { class: 'members', 'aria-label': `Members of ${group}` });
  const partitions = h('ul', { class: 'rows', 'aria-label': `Partitions as ${group} reads them` });
  const buttons = groupButtons(group);
  const title = h('h3', { id: `group-${group}` }, group);
  const element = h(
    'article',
    { class: 'panel group', 'data-group': group, 'aria-labelledby': `group-${group}` },
    h(
      'div',
      { class: 'row' },
      title,
      state,
      generation,
      h('span', { class: 'muted' }, `writes ledger ${ledger}`),
    ),
    says,
    h('h4', {}, 'Members'),
    members,
    h(
      'h4',
      { class: 'row' },
      'Partitions',
      h('span', { class: 'legend' }, 'records behind the end of the log, last 3 minutes'),
    ),
    partitions,
    buttons.element,
  );
  return {
    element,
    update(of) {
      const { tone, text } = stateOf(of);
      setText(state, text);
      setAttribute(state, 'data-tone', tone);
      setText(generation, of.generation === undefined ? '' : `generation ${of.generation}`);
      setText(says, sentence(of));
      keyed(
        members,
        of.members.map((member) => ({ ...member, group })),
        ({ pid }) => pid,
        makeMember,
      );
      keyed(partitions, rowsOf(of), ({ partition }) => partition, makePartition);
      buttons.update(of);
    },
  };
}

function rowsOf({ partitions, lags }) {
  return partitions.map((each) => ({
    ...each,
    behind: lags.map((of) => of[each.partition] ?? 0),
  }));
}

function stateOf({ state, rebalancingSince, at, partitions }) {
  if (state === 'paused') return { tone: 'wait', text: 'Paused' };
  if (state === 'rebalancing') {
    const since = Math.max(0, at - (rebalancingSince ?? at)) / 1000;
    return { tone: 'hot', text: `Rebalancing, ${seconds(since)}` };
  }
  if (state === 'empty') return { tone: 'hot', text: 'Nobody: no member' };
  if (partitions.some(({ owner }) => owner === undefined))
    return { tone: 'hot', text: 'A partition has no owner' };
  return state === 'stable' ? { tone: 'good', text: 'Stable' } : { tone: 'wait', text: 'Not known' };
}

/** The state of the group as a sentence. */
function sentence({ state, members, partitions, lastRebalanceMs }) {
  if (state === 'paused')
    return 'Nobody reads. The position stays, and the lag grows until the group is resumed.';
  if (state === 'rebalancing')
    return 'The broker reassigns the partitions. It waits for every member, also for one that has died, until its session times out.';
  if (state === 'empty') {
    const pollers = listed(members.map(({ poller }) => `Poller ${poller}`));
    return pollers === ''
      ? 'The broker knows no member of it: nobody reads.'
      : `The group has no member any more: the broker has removed ${pollers}, because no heartbeats came. A frozen poller still considers itself the owner.`;
  }
  const orphans = partitions.filter(({ owner }) => owner === undefined);
  if (orphans.length > 0)
    return `${orphans.length === 1 ? 'Partition' : 'Partitions'} ${listed(orphans.map(({ partition }) => partition))}: the owner is gone. Its heartbeats have stopped; when its session times out, another member takes over at the committed offset.`;
  const owners = members.filter((member) => member.partitions.length > 0);
  const standby = members.filter((member) => member.state === 'standby');
  const took =
    lastRebalanceMs === undefined ? '' : ` The last rebalance took ${seconds(lastRebalanceMs / 1000)}.`;
  const idle =
    standby.length === 0
      ? ''
      : ` ${listed(standby.map(({ poller }) => `Poller ${poller}`))} ${standby.length === 1 ? 'stands' : 'stand'} by: there is no partition left to own.`;
  return `${plural(owners.length, 'member')} ${owners.length === 1 ? 'owns' : 'own'} ${plural(partitions.length, 'partition')}.${idle}${took}`;
}

function groupButtons(group) {
  const button = (text, action) => {
    const element = h('button', { type: 'button', 'data-action': action }, text);
    element.addEventListener('click', () => act({ action, group }, element));
    return element;
  };
  const pause = h('button', { type: 'button', 'data-action': 'pause-group' }, 'Pause');
  let paused = false;
  pause.addEventListener('click', () => act({ action: 'pause-group', group, on: !paused }, pause));
  const remove = button('Remove a poller', 'remove-poller');
  const element = h(
    'div',
    { class: 'buttons', role: 'group', 'aria-label': `Actions on ${group}` },
    button('Add a poller', 'add-poller'),
    remove,
    button('Kill a function', 'kill-function'),
    pause,
    button('Replay from the start', 'replay'),
  );
  return {
    element,
    update({ state, members }) {
      paused = state === 'paused';
      setText(pause, paused ? 'Resume' : 'Pause');
      remove.disabled = members.length <= 1;
    },
  };
}
