/** Proofs as they come out, good but for what a test changes; and faults at requests, of the kind that a test chooses or by a seed. */

import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type FaultKind, Findings } from '../../infra/audit/findings.ts';
import type { Call, Heard, InjectedFault } from '../../infra/local/faults/fault.ts';
import { Seeded } from '../../infra/local/seeded.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type EventKind, Events, type Seen } from './events.ts';
import type { Profile } from './profile.ts';
import { type FaultedProcesses, RequestFaults } from './requests.ts';
import type { Proof } from './run.ts';

/** Each floor with a number of its own, so that none is taken for another. */
export const profile: Profile = {
  name: 'test',
  clicks: 1_000,
  faultsForMs: 1,
  standstillMs: 60_000,
  groupFrozenMs: 1,
  releases: false,
  recreates: false,
  floors: {
    kills: 50,
    killsAtEachPoint: 2,
    rebalances: 10,
    zombies: 5,
    lateWrites: 1,
    repliesLost: 4,
    putsLost: 3,
    redelivered: 90,
    oddClasses: 6,
    pollersKilled: 7,
    partitionsMoved: 8,
    appliedInPart: 9,
    secondMappings: 11,
    redrives: 10,
    replays: 12,
    codes: 14,
    isolated: 15,
  },
};

/** What reaches every floor, and nothing more. */
export const enough: Seen = { ...profile.floors, records: profile.clicks };

export function someEvents(t: Parameters<typeof temporaryFolder>[0], kinds: readonly EventKind[]): Events {
  const events = new Events(join(temporaryFolder(t), 'events.jsonl'));
  for (const kind of kinds) events.add(kind);
  return events;
}

export function findingsOf(...kinds: readonly FaultKind[]): Findings {
  const findings = new Findings();
  for (const kind of kinds) findings.add(kind, 'ad_clicks@1#0', 'offset 7');
  return findings;
}

export function aProof(t: Parameters<typeof temporaryFolder>[0], changed: Partial<Proof> = {}): Proof {
  return {
    events: someEvents(t, ['committed']),
    ledgers: new Map([
      ['billing-service', findingsOf()],
      ['fraud-service', findingsOf()],
    ]),
    partialRetry: 'listed',
    seen: enough,
    caughtUpMs: 3_000,
    brokeByItself: undefined,
    ...changed,
  };
}

export const JOURNAL = 'ad_clicks@1#0';
export const commit: Call = {
  sandbox: 'pid-1',
  pk: JOURNAL,
  commits: '4-5',
  code: 'v1',
};
export const query: Call = {
  sandbox: 'pid-1',
  pk: JOURNAL,
  commits: undefined,
  code: undefined,
};
export const lost = { status: 400, error: 'ConditionalCheckFailedException' };

/** Always the same choice among the weighted. */
class Always extends Seeded {
  readonly #key: string;
  constructor(key: string) {
    super(7);
    this.#key = key;
  }
  override weighted<Key extends string>(): Key {
    return this.#key as Key;
  }
}

export interface Bench {
  readonly faults: BenchedFaults;
  readonly events: Events;
  readonly killed: string[];
  readonly rivals: string[];
}

/** With processes that only write down what becomes of them. Sandboxes pid-1 to pid-4 work for billing, pid-5 for fraud, others for none. */
class BenchedFaults extends RequestFaults {
  readonly #processes: FaultedProcesses;

  constructor(random: Seeded, events: Events, processes: FaultedProcesses) {
    super(random, events);
    this.#processes = processes;
  }

  override begin(): void {
    super.begin(this.#processes);
  }
}

export function requestBench(t: TestContext, random: Seeded | InjectedFault['kind']): Bench {
  const events = new Events(join(temporaryFolder(t), 'events.jsonl'));
  const killed: string[] = [];
  const rivals: string[] = [];
  const seeded = typeof random === 'string' ? new Always(random) : random;
  const faults = new BenchedFaults(seeded, events, {
    groupOf: (sandbox) => (/^pid-[1-4]$/.test(sandbox) ? 'billing' : { 'pid-5': 'fraud' }[sandbox]),
    rival: (group, journal, commits) => rivals.push(`${group} ${journal} ${commits}`),
    killOwner: (group, journal) => killed.push(`${group} ${journal}`),
  });
  t.after(() => faults.end());
  return { faults, events, killed, rivals };
}

export const heard = (more: Partial<Heard> & { readonly of?: Partial<Call> } = {}): Heard => {
  const { of, ...rest } = more;
  return { call: { ...commit, ...of }, fault: undefined, status: 200, error: undefined, ...rest };
};
