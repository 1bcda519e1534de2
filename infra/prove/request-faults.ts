/**
 * Which requests to DynamoDB meet a fault, and which: by the seed. A frozen function is made a zombie: the poller that waits for
 * it is killed, and its write goes on only after another has committed on the same journal.
 */
import type { Events } from './events.ts';
import type { Call, Fault, Heard } from './fault.ts';
import type { Seeded } from './seeded.ts';

/** Of a hundred commits, so many meet each. */
const commitFaults = {
  none: 49,
  'killed-before-forward': 6,
  'killed-after-forward': 6,
  'killed-after-reply': 6,
  'reply-lost': 7,
  'reply-late': 1,
  'reset-before-forward': 2,
  throttled: 4,
  'internal-error': 2,
  unavailable: 1,
  delayed: 4,
  frozen: 12,
} as const;
const otherFaults = {
  none: 94,
  throttled: 2,
  'internal-error': 1,
  'reset-before-forward': 1,
  delayed: 2,
} as const;

const FROZEN_AT_ONCE = 3;
/** If nobody else commits: there may be nothing left to commit. */
const FROZEN_MS_MAX = 12_000;
/** The functions give a request 3 s. */
const LATE_MS = 3_500;

export interface FaultedProcess {
  /** The consumer group of a sandbox; undefined for one that works for none. */
  groupOf(sandbox: string): string | undefined;
  /** Kills the poller that owns the partition of a journal. */
  killOwner(group: string, journal: string): void;
}

export class RequestFaults {
  readonly #random: Seeded;
  readonly #events: Events;
  readonly #processes: FaultedProcess;
  readonly #frozen = new Map<string, { readonly sandbox: string; readonly thaw: () => void }>();
  #active = false;
  #throttledUntil = 0;

  constructor(random: Seeded, events: Events, processes: FaultedProcess) {
    this.#random = random;
    this.#events = events;
    this.#processes = processes;
  }

  begin(): void {
    this.#active = true;
  }

  /** No fault falls any more; what is frozen is thawed. */
  end(): void {
    this.#active = false;
    for (const { thaw } of this.#frozen.values()) thaw();
  }

  /** Most requests are refused for so long, as a table does that is over its limits. */
  throttle(ms: number): void {
    this.#throttledUntil = performance.now() + ms;
  }

  decide(call: Call): Fault | undefined {
    const { sandbox } = call;
    const group = sandbox === undefined ? undefined : this.#processes.groupOf(sandbox);
    if (!this.#active || sandbox === undefined) return undefined;
    if (performance.now() < this.#throttledUntil && this.#random.chance(0.9)) return { kind: 'throttled' };
    if (call.commits === undefined) return this.#shaped(this.#random.weighted(otherFaults));
    const kind = this.#random.weighted(commitFaults);
    if (kind !== 'frozen') return this.#shaped(kind);
    const key = `${group} ${call.pk}`;
    if (group === undefined || this.#frozen.has(key) || this.#frozen.size >= FROZEN_AT_ONCE) return undefined;
    return this.#freeze(key, sandbox, () => this.#processes.killOwner(group, call.pk));
  }

  hear({ call, fault, status, error }: Heard): void {
    const { sandbox = '', pk: journal, commits: offsets } = call;
    if (fault !== undefined) this.#events.add(`fault: ${fault}`);
    if (offsets === undefined) return;
    const group = this.#processes.groupOf(sandbox);
    const what = `${group} ${sandbox} ${fault ?? ''} ${status ?? 'no reply'} ${error ?? ''}`;
    this.#events.add(commitKind(status), { journal, offsets, what });
    if (error === 'ConditionalCheckFailedException') this.#events.add('put lost');
    if (fault === 'frozen' && error === 'ConditionalCheckFailedException') this.#events.add('late write');
    const frozen = this.#frozen.get(`${group} ${journal}`);
    if (status === 200 && frozen !== undefined && frozen.sandbox !== sandbox) frozen.thaw();
  }

  #freeze(key: string, sandbox: string, then: () => void): Fault {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FROZEN_MS_MAX);
    this.#frozen.set(key, { sandbox, thaw: resolve });
    void promise.then(() => {
      clearTimeout(timer);
      this.#frozen.delete(key);
    });
    then();
    return { kind: 'frozen', thaw: promise };
  }

  #shaped(kind: Exclude<keyof typeof commitFaults, 'frozen'>): Fault | undefined {
    if (kind === 'none') return undefined;
    if (kind === 'delayed') return { kind, ms: this.#random.between(10, 600) };
    if (kind === 'reply-late') return { kind, ms: LATE_MS };
    return { kind };
  }
}

/** Where DynamoDB has not replied, only the fault tells whether it was asked. */
function commitKind(status: number | undefined): string {
  if (status === undefined) return 'commit unanswered';
  return status === 200 ? 'committed' : 'not committed';
}
