/** Builds the picture that the page shows, from the local runtime, the ledgers and the auditor. */

import type { SeenPoller } from '../../local/mapping/pollers.ts';
import { RATES } from '../../local/page/actions.ts';
import type {
  GroupView,
  MemberView,
  NaiveView,
  PageView,
  Sample,
  TopicView,
  VerdictView,
} from '../../local/page/view.ts';
import { formatMicros } from '../../terminal/text.ts';
import type { LiveGroup } from '../live-lines.ts';
import type { TopicWorth } from './auditing.ts';
import type { LogEnds } from './log-ends.ts';
import type { Billed } from './totals.ts';

interface GroupFacts {
  readonly live: LiveGroup;
  readonly ledger: string;
  readonly generation: number;
  readonly members: readonly SeenPoller[];
  readonly frozen: ReadonlySet<number>;
  readonly paused: boolean;
  readonly duplicates: number;
  readonly billed: Billed;
  readonly watch: Pick<GroupView, 'state' | 'rebalancingSince' | 'lastRebalanceMs'>;
}

export function sumBilled({ partitions }: LiveGroup): Billed {
  return {
    clicks: Number(partitions.reduce((sum, { clicks }) => sum + clicks, 0n)),
    micros: partitions.reduce((sum, { micros }) => sum + micros, 0n),
  };
}

export function buildGroupView(facts: GroupFacts, ends: LogEnds, now: number): GroupView {
  const { live, ledger, generation, members, frozen, paused, duplicates, watch, billed } = facts;
  const { partitions } = live;
  const sum = (of: 'parked' | 'gaps') => partitions.reduce((all, each) => all + each[of], 0);
  return {
    group: live.groupId,
    ledger,
    ...watch,
    state: paused ? 'paused' : watch.state,
    generation: generation < 0 ? undefined : generation,
    members: members.map((member) => memberView(member, frozen)).sort((a, b) => a.poller - b.poller),
    partitions: partitions.map(
      ({ partition, owner: believed, committedThen: committed, applied, end = 0 }) => {
        // Only the broker knows who owns it: a frozen poller still believes that it does.
        const owner = watch.state === 'empty' ? undefined : believed;
        const next = committed ?? 0;
        const ageMs = ends.ageMs(partition, next, now);
        const lagSeconds = ageMs === undefined ? undefined : Math.round(ageMs / 100) / 10;
        return { partition, owner, believed, committed, applied, lag: Math.max(0, end - next), lagSeconds };
      },
    ),
    clicks: billed.clicks,
    money: formatMicros(billed.micros),
    duplicates,
    parked: sum('parked'),
    gaps: sum('gaps'),
  };
}

function memberView(
  { number, pid, generation, partitions }: SeenPoller,
  frozen: ReadonlySet<number>,
): MemberView {
  const sorted = [...partitions].sort((a, b) => a - b);
  if (frozen.has(pid)) return { poller: number, pid, state: 'frozen', partitions: sorted };
  if (generation === undefined) return { poller: number, pid, state: 'joining', partitions: [] };
  return { poller: number, pid, state: sorted.length > 0 ? 'owner' : 'standby', partitions: sorted };
}

export function buildTopicView(name: string, ends: LogEnds, worth: TopicWorth | undefined): TopicView {
  const partitions = ends.partitions();
  const sum = (of: 'end' | 'rate') => partitions.reduce((all, each) => all + each[of], 0);
  return {
    name,
    partitions,
    records: sum('end'),
    rate: sum('rate'),
    worth: worth && { clicks: worth.clicks, refused: worth.refused, micros: formatMicros(worth.micros) },
  };
}

/** What was billed beyond the whole log was billed twice, and stays so: the most that was ever seen is a lower bound. */
export function findMostTooMuch(
  before: Billed | undefined,
  billed: Billed,
  worth: TopicWorth | undefined,
): Billed | undefined {
  if (worth === undefined) return before;
  const clicks = Math.max(before?.clicks ?? 0, billed.clicks - worth.clicks);
  const micros = [before?.micros ?? 0n, billed.micros - worth.micros].reduce((a, b) => (a > b ? a : b));
  return { clicks, micros };
}

export function buildNaiveView(
  group: { readonly id: string; members(): NaiveView['members'] },
  billed: Billed,
  tooMuch: Billed | undefined,
): NaiveView {
  const { clicks, micros } = billed;
  const told = tooMuch && { clicks: tooMuch.clicks, money: formatMicros(tooMuch.micros) };
  return { group: group.id, members: group.members(), clicks, money: formatMicros(micros), tooMuch: told };
}

export function buildPageView(parts: {
  at: number;
  topic: TopicView;
  unread: PageView['unread'];
  groups: readonly GroupView[];
  verdict: VerdictView;
  controls: Omit<PageView['controls'], 'rates'> & { readonly rateAtFirst: number | undefined };
  naive: NaiveView | undefined;
}): PageView {
  const { rateAtFirst, ...controls } = parts.controls;
  // The rate of the start is offered too, so that there is a way back to it.
  const rates = [...new Set([...RATES, ...(rateAtFirst ? [rateAtFirst] : [])])].sort((a, b) => a - b);
  return { ...parts, controls: { ...controls, rates } };
}

export function buildSample({ at, topic, groups }: PageView): Sample {
  return {
    at,
    rates: topic.partitions.map(({ rate }) => rate),
    lags: Object.fromEntries(
      groups.map(({ group, partitions }) => [group, partitions.map(({ lag }) => lag)]),
    ),
  };
}
