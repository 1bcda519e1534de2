/**
 * All that happened in a proof, in one series of rising numbers: what was done to it and what was heard of it. Kept as a file of
 * JSON lines, counted by kind, and held against what must have happened for the proof to show anything.
 */
import { appendFileSync } from 'node:fs';
import type { Child } from '../../infra/local/children.ts';
import type { InjectedFault } from '../../infra/local/faults/fault.ts';
import { type Floors, floorWords, type Profile } from './profile.ts';

export type EventKind =
  // Processes: by us at any time, or where a request of a function met a fault.
  | `killed: ${Child['role']}`
  | `frozen: ${Child['role']}`
  | `function ${InjectedFault['kind']}`
  | 'functions frozen one by one'
  | 'group frozen'
  // Requests to DynamoDB.
  | `fault: ${InjectedFault['kind']}`
  | 'throttled for a while'
  | 'committed'
  | 'not committed'
  | 'commit unanswered'
  | 'committed while another group was frozen'
  | 'put lost'
  | 'late write'
  // Consumer groups and mappings.
  | 'poller added'
  | 'poller removed'
  | 'partition moved'
  | 'other batches'
  | 'replayed'
  | 'second mapping'
  // The topic.
  | 'odd records sent'
  | 'partition added'
  | 'topic recreated'
  // Journals.
  | 'two rollups at once'
  | 'applied in part'
  | 'redriven'
  | 'weeks passed'
  | 'weeks could not pass'
  // Functions.
  | 'deployed'
  | 'clocks wrong'
  // The proof itself.
  | 'runtime said'
  | 'action failed'
  | 'waited for';

export interface Event {
  readonly n: number;
  /** Milliseconds since the run began. */
  readonly at: number;
  readonly kind: EventKind;
  /** `<topic>@<incarnation>#<partition>`, where it is of one. */
  readonly journal?: string | undefined;
  readonly offsets?: string | undefined;
  readonly what?: string | undefined;
}

export class Events {
  readonly #file: string;
  readonly #began = performance.now();
  readonly #counts = new Map<EventKind, number>();
  readonly #commits: Event[] = [];
  readonly #others: Event[] = [];
  #lines: string[] = [];
  #n = 0;

  constructor(file: string) {
    this.#file = file;
  }

  add(kind: EventKind, more: Omit<Event, 'n' | 'at' | 'kind'> = {}): void {
    this.#n += 1;
    const event = { n: this.#n, at: Math.round(performance.now() - this.#began), kind, ...more };
    this.#counts.set(kind, this.count(kind) + 1);
    (event.journal === undefined ? this.#others : this.#commits).push(event);
    this.#lines.push(`${JSON.stringify(event)}\n`);
    if (this.#lines.length >= 500) this.flush();
  }

  count(kind: EventKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** By kind, in alphabetical order. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What was heard of an offset of a journal, in order. */
  around(journal: string, offset: number): Event[] {
    return this.#commits.filter(
      (event) =>
        event.journal === journal &&
        (event.offsets ?? '').split(',').some((range) => {
          const [from = Number.NaN, to = from] = range.split('-').map((end) => Number.parseInt(end, 10));
          return offset >= from && offset <= to;
        }),
    );
  }

  /** What happened to no journal alone, between two times of the run. */
  between(from: number, to: number): Event[] {
    return this.#others.filter(({ at }) => at >= from && at <= to);
  }

  flush(): void {
    appendFileSync(this.#file, this.#lines.join(''));
    this.#lines = [];
  }
}

export interface Seen extends Readonly<Record<keyof Floors, number>> {
  readonly records: number;
}

/** What is counted elsewhere than in the events. */
type Counted = Pick<
  Seen,
  'rebalances' | 'partitionsMoved' | 'redelivered' | 'records' | 'oddClasses' | 'codes'
>;

const killPoints = ['killed-before-forward', 'killed-after-forward', 'killed-after-reply'] as const;

export function countSeen(events: Events, counted: Counted): Seen {
  const kills = Object.entries(events.counts()).filter(([kind]) => kind.startsWith('killed: '));
  return {
    kills: kills.reduce((sum, [, count]) => sum + count, 0),
    killsAtEachPoint: Math.min(...killPoints.map((point) => events.count(`function ${point}`))),
    pollersKilled: events.count('fault: poller-killed-after-reply'),
    zombies: events.count('function frozen'),
    lateWrites: events.count('late write'),
    repliesLost: events.count('fault: reply-lost'),
    putsLost: events.count('put lost'),
    appliedInPart: events.count('applied in part'),
    redrives: events.count('redriven'),
    secondMappings: events.count('second mapping'),
    replays: events.count('replayed'),
    isolated: events.count('committed while another group was frozen'),
    ...counted,
  };
}

export function listBelowFloor(seen: Seen, { floors }: Profile): (keyof Floors)[] {
  return (Object.keys(floors) as (keyof Floors)[]).filter((what) => seen[what] < floors[what]);
}

/** What is still below its floor, in words. */
export function describeMissing(seen: Seen, profile: Profile): string[] {
  const missing = listBelowFloor(seen, profile).map(
    (what) => `${floorWords[what]}: ${seen[what]} of ${profile.floors[what]}`,
  );
  return seen.records < profile.clicks
    ? [...missing, `records: ${seen.records} of ${profile.clicks}`]
    : missing;
}

const alwaysShown = ['kills', 'rebalances', 'zombies'] as const satisfies (keyof Floors)[];

/** One line for a person: how long of at least how long, the best known counts, and what is still waited for. */
export function formatProgress(tookMs: number, seen: Seen, profile: Profile): string {
  const of = (count: number, floor: number) =>
    floor > 0 ? `${count.toLocaleString('en')}/${floor.toLocaleString('en')}` : count.toLocaleString('en');
  const counts = alwaysShown.map((what) => `${of(seen[what], profile.floors[what])} ${floorWords[what]}`);
  const open = listBelowFloor(seen, profile).filter(
    (what) => !(alwaysShown as readonly string[]).includes(what),
  );
  const [first] = open;
  const more = open.length > 1 ? ` and ${open.length - 1} more` : '';
  const waits = first === undefined ? '' : ` · waits for ${floorWords[first]}${more}`;
  const time = `${formatClock(tookMs)} of at least ${formatClock(profile.faultsForMs)}`;
  return `${time} · ${counts.join(' · ')} · ${of(seen.records, profile.clicks)} clicks${waits}`;
}

function formatClock(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
