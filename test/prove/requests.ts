/**
 * Which requests to DynamoDB meet which fault: by the seed. A frozen function becomes a zombie: the poller that waits for
 * it is killed, and its write continues only after another has committed on the same journal. One that is outrun keeps its poller, and
 * has to write what its rival left.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Call, Heard, InjectedFault } from '../../infra/local/faults/fault.ts';
import type { Seeded } from '../../infra/local/seeded.ts';
import type { EventKind, Events } from './events.ts';

/** Of a hundred commits, so many meet each; `rarest` is the one that was met least, so that few commits meet all. */
const commitFaults = {
  none: 23,
  rarest: 25,
  frozen: 9,
  outrun: 8,
  'poller-killed-after-reply': 2,
  'killed-before-forward': 4,
  'killed-after-forward': 4,
  'killed-after-reply': 4,
  'reply-lost': 6,
  'reply-late': 1,
  'reset-before-forward': 2,
  silent: 1,
  throttled: 4,
  'internal-error': 2,
  unavailable: 1,
  delayed: 4,
} as const;
type CommitFault = Exclude<keyof typeof commitFaults, 'rarest'>;
const otherFaults = {
  none: 93,
  throttled: 2,
  'internal-error': 1,
  'reset-before-forward': 1,
  silent: 1,
  delayed: 2,
} as const;

const LOOK_EVERY_MS = 20;
const FROZEN_AT_ONCE = 3;
/** If nobody else commits, as there may be nothing left to commit; a function that is not frozen gives its request 3 s. */
const HELD_MS_MAX = { frozen: 12_000, outrun: 2_800 };
/** The functions give a request 3 s. */
const LATE_MS = 3_500;

interface Held {
  readonly kind: 'frozen' | 'outrun';
  readonly sandbox: string;
  readonly release: () => void;
}

export interface FaultedProcesses {
  /** The consumer group of a sandbox; undefined for one that works for none. */
  groupOf(sandbox: string): string | undefined;
  /** Kills the poller that owns the partition of a journal. */
  killOwner(group: string, journal: string): void;
  /** Lets another function write what begins with the same offset. */
  rival(group: string, journal: string, commits: string): void;
}

export class RequestFaults {
  readonly #random: Seeded;
  readonly #events: Events;
  #processes: FaultedProcesses | undefined;
  /** Commits that wait for another on their journal. */
  readonly #held = new Map<string, Held>();
  /** Whose requests are under way. */
  readonly #underWay = new Map<Call, string | undefined>();
  /** The group whose functions are all frozen, if one's are. */
  frozenGroup: string | undefined;
  /** The versions of the code that have written entries. */
  readonly codes = new Set<string>();
  #active = false;
  #throttledUntil = 0;

  constructor(random: Seeded, events: Events) {
    this.#random = random;
    this.#events = events;
  }

  /** From now on requests meet faults. */
  begin(processes: FaultedProcesses): void {
    this.#processes = processes;
    this.#active = true;
  }

  /** No request meets a fault any more; what is held continues. */
  end(): void {
    this.#active = false;
    for (const { release } of this.#held.values()) release();
  }

  /** Most requests are refused for so long, as a table does that is over its limits. */
  throttle(ms: number): void {
    this.#throttledUntil = performance.now() + ms;
  }

  /** Whether nothing of a group is under way any more; what is held of it continues at once. */
  async isQuiet(group: string, withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    while ([...this.#underWay.values()].includes(group)) {
      for (const [key, { release }] of this.#held) if (key.startsWith(`${group} `)) release();
      if (performance.now() > until) return false;
      await pause(LOOK_EVERY_MS);
    }
    return true;
  }

  decide(call: Call): InjectedFault | undefined {
    const { sandbox } = call;
    const group = sandbox === undefined ? undefined : this.#processes?.groupOf(sandbox);
    this.#underWay.set(call, group);
    const processes = this.#active ? this.#processes : undefined;
    if (processes === undefined || sandbox === undefined) return undefined;
    if (performance.now() < this.#throttledUntil && this.#random.chance(0.9)) return { kind: 'throttled' };
    if (call.commits === undefined) return this.#buildFault(this.#random.weighted(otherFaults));
    const drawn = this.#random.weighted(commitFaults);
    const kind = drawn === 'rarest' ? this.#rarest() : drawn;
    const killOwner = () => processes.killOwner(group ?? '', call.pk);
    if (kind === 'poller-killed-after-reply') return { kind, kill: killOwner };
    if (kind !== 'frozen' && kind !== 'outrun') return this.#buildFault(kind);
    const key = `${group} ${call.pk}`;
    if (group === undefined || this.#held.has(key)) return undefined;
    if (kind === 'frozen') {
      if ([...this.#held.values()].filter((each) => each.kind === kind).length >= FROZEN_AT_ONCE)
        return undefined;
      killOwner();
    }
    processes.rival(group, call.pk, call.commits);
    return { kind, held: this.#hold(key, { kind, sandbox }) };
  }

  hear({ call, fault, status, error }: Heard): void {
    const { sandbox = '', pk: journal, commits: offsets, code } = call;
    const group = this.#underWay.get(call) ?? this.#processes?.groupOf(sandbox);
    this.#underWay.delete(call);
    if (fault !== undefined) this.#events.add(`fault: ${fault}`);
    if (offsets === undefined) return;
    const what = `${group} ${sandbox} code ${code} ${fault ?? ''} ${status ?? 'no reply'} ${error ?? ''}`;
    this.#events.add(commitKind(status), { journal, offsets, what });
    if (error === 'ConditionalCheckFailedException') this.#events.add('put lost');
    if (fault === 'frozen' && error === 'ConditionalCheckFailedException') this.#events.add('late write');
    const held = this.#held.get(`${group} ${journal}`);
    if (status === 200 && code !== undefined) this.codes.add(code);
    if (status === 200 && this.frozenGroup !== undefined && this.frozenGroup !== group)
      this.#events.add('committed while another group was frozen');
    if (status === 200 && held !== undefined && held.sandbox !== sandbox) held.release();
  }

  #rarest(): CommitFault {
    const kinds = (Object.keys(commitFaults) as (keyof typeof commitFaults)[]).filter(
      (kind) => kind !== 'none' && kind !== 'rarest',
    );
    const count = (kind: InjectedFault['kind']) => this.#events.count(`fault: ${kind}`);
    return kinds.reduce((rarest, kind) => (count(kind) < count(rarest) ? kind : rarest));
  }

  /** Until another sandbox has committed on the journal, or so long. */
  #hold(key: string, what: Omit<Held, 'release'>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, HELD_MS_MAX[what.kind]);
    this.#held.set(key, { ...what, release: resolve });
    return promise.then(() => {
      clearTimeout(timer);
      this.#held.delete(key);
    });
  }

  #buildFault(
    kind: Exclude<CommitFault, 'frozen' | 'outrun' | 'poller-killed-after-reply'>,
  ): InjectedFault | undefined {
    if (kind === 'none') return undefined;
    if (kind === 'delayed') return { kind, ms: this.#random.between(10, 600) };
    if (kind === 'reply-late') return { kind, ms: LATE_MS };
    return { kind };
  }
}

/** Where DynamoDB has not replied, only the fault tells whether the request reached it. */
function commitKind(status: number | undefined): EventKind {
  if (status === undefined) return 'commit unanswered';
  return status === 200 ? 'committed' : 'not committed';
}
