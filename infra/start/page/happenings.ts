/**
 * The page's event log: what a person did, and what followed, from the difference between one picture and the next. A repetition within a
 * few seconds is added to its line. Bounded.
 */

import type { GroupView, LogLine } from '../../local/page/view.ts';
import { formatQuantity } from '../../terminal/text.ts';

const KEPT = 200;
const TOGETHER_MS = 4_000;

interface Seen {
  readonly members: ReadonlyMap<number, number>;
  readonly owners: ReadonlyMap<number, number>;
  readonly unownedSince: ReadonlyMap<number, number>;
  readonly group: GroupView;
}

export class Happenings {
  readonly #lines: LogLine[] = [];
  readonly #counts = new Map<string, { n: number; at: number; count: number }>();
  readonly #seen = new Map<string, Seen>();
  readonly #tell: (line: LogLine) => void;
  #n = 0;
  #brokerAway: number | undefined;
  /** Numbers of pollers that there were, by group: another process may get one of them again. */
  readonly #numbers = new Map<string, Set<number>>();

  constructor(tell: (line: LogLine) => void) {
    this.#tell = tell;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  add(kind: string, group: string | undefined, says: string, at = Date.now()): void {
    this.#n += 1;
    this.#put({ n: this.#n, at, kind, group, says });
  }

  /** Compares with what was seen of each group before. */
  look(groups: readonly GroupView[], at: number): void {
    for (const group of groups) {
      const before = this.#seen.get(group.group);
      if (before !== undefined) this.#compare(before, group, at);
      const numbers = this.#numbers.get(group.group) ?? new Set();
      for (const { poller } of group.members) numbers.add(poller);
      this.#numbers.set(group.group, numbers);
      this.#seen.set(group.group, seen(group, before, at));
    }
  }

  lookAtBroker(answers: boolean | undefined, at: number): void {
    if (answers === false && this.#brokerAway === undefined) {
      this.#brokerAway = at;
      this.add('broker', undefined, 'the Kafka broker does not answer', at);
    }
    if (answers !== true || this.#brokerAway === undefined) return;
    const awayFor = ((at - this.#brokerAway) / 1_000).toFixed(1);
    this.#brokerAway = undefined;
    this.add('broker', undefined, `the Kafka broker answers again, after ${awayFor} s`, at);
  }

  #compare(before: Seen, group: GroupView, at: number): void {
    const now = seen(group, before, at);
    for (const [pid, poller] of now.members)
      if (!before.members.has(pid)) {
        const again = this.#numbers.get(group.group)?.has(poller) === true ? 'a new ' : '';
        this.add('joined', group.group, `${again}poller ${poller} joined (pid ${pid})`, at);
      }
    for (const [pid, poller] of before.members)
      if (!group.members.some((member) => member.pid === pid))
        this.add('left', group.group, `poller ${poller} is gone (pid ${pid})`, at);
    for (const { partition, owner, committed } of group.partitions)
      this.#compareOwner(before, group.group, { partition, owner, committed }, at);
    const { generation, lastRebalanceMs } = group;
    if (
      generation !== undefined &&
      before.group.generation !== undefined &&
      generation > before.group.generation
    )
      this.add('generation', group.group, `generation ${generation}${took(lastRebalanceMs)}`, at);
    if (generation !== undefined && generation < (before.group.generation ?? 0))
      this.add(
        'generation',
        group.group,
        `the group was created again: its generations count from 1 again`,
        at,
      );
    if (group.state === 'empty' && before.group.state === 'stable' && group.members.length > 0)
      this.add('timed-out', group.group, lostByBroker(group), at);
    this.#count('redelivered', group, group.duplicates - before.group.duplicates, at);
    this.#count('parked', group, group.parked - before.group.parked, at);
    if (before.group.gaps === 0 && group.gaps > 0)
      this.add(
        'gap',
        group.group,
        `a gap: ${formatQuantity(group.gaps, 'record')} passed over, until they come`,
        at,
      );
    if (before.group.gaps > 0 && group.gaps === 0) this.add('gap', group.group, 'the gap is closed', at);
  }

  #compareOwner(
    before: Seen,
    group: string,
    now: { partition: number; owner: number | undefined; committed: number | undefined },
    at: number,
  ): void {
    const { partition, owner, committed } = now;
    const was = before.owners.get(partition);
    if (owner === was) return;
    if (was !== undefined) this.add('revoked', group, `partition ${partition} from poller ${was}`, at);
    if (owner === undefined) return;
    const since = before.unownedSince.get(partition);
    const idle =
      since === undefined || at - since < 600
        ? ''
        : `, after ${((at - since) / 1000).toFixed(1)} s without an owner`;
    const from =
      committed === undefined ? 'at its start' : `at committed offset ${committed.toLocaleString('en')}`;
    this.add(
      'assigned',
      group,
      `partition ${partition} to poller ${owner}, which goes on ${from}${idle}`,
      at,
    );
  }

  /** One line for what comes in many batches. */
  #count(kind: 'redelivered' | 'parked', { group }: GroupView, more: number, at: number): void {
    if (more <= 0) return;
    const key = `${kind} ${group}`;
    const last = this.#counts.get(key);
    const together = last !== undefined && at - last.at < TOGETHER_MS;
    const count = more + (together ? last.count : 0);
    const n = together ? last.n : ++this.#n;
    this.#counts.set(key, { n, at, count });
    const records = `${count.toLocaleString('en')} ${count === 1 ? 'record' : 'records'}`;
    const says =
      kind === 'parked'
        ? `${records} ${count === 1 ? 'is no click' : 'are no clicks'}: set aside with the reason`
        : `${records} came again and ${count === 1 ? 'was' : 'were'} skipped: counted before`;
    this.#put({ n, at, kind, group, says });
  }

  #put(line: LogLine): void {
    const same = this.#lines.findIndex(({ n }) => n === line.n);
    if (same >= 0) this.#lines.splice(same, 1);
    this.#lines.push(line);
    if (this.#lines.length > KEPT) this.#lines.shift();
    this.#tell(line);
  }
}

function seen(group: GroupView, before: Seen | undefined, at: number): Seen {
  const unownedSince = new Map<number, number>();
  for (const { partition, owner } of group.partitions)
    if (owner === undefined) unownedSince.set(partition, before?.unownedSince.get(partition) ?? at);
  return {
    group,
    unownedSince,
    members: new Map(
      group.members.filter(({ state }) => state !== 'joining').map(({ pid, poller }) => [pid, poller]),
    ),
    owners: new Map(
      group.partitions.flatMap(({ partition, owner }) => (owner === undefined ? [] : [[partition, owner]])),
    ),
  };
}

function lostByBroker({ members }: GroupView): string {
  const pollers = members.map(
    ({ poller, state }) => `${state === 'frozen' ? 'frozen ' : ''}poller ${poller}`,
  );
  return `the broker has removed ${pollers.join(', ')}: no heartbeat came before the session timed out`;
}

function took(ms: number | undefined): string {
  return ms === undefined ? '' : `: dealt out in ${(ms / 1000).toFixed(1)} s`;
}
