/** Faults at requests, of the kind that a test chooses or by a seed, with what they do to processes written down. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Call, Heard, InjectedFault } from '../../infra/local/faults/fault.ts';
import { Seeded } from '../../infra/local/seeded.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Events } from './events.ts';
import { RequestFaults } from './request-faults.ts';

export const JOURNAL = 'ad_clicks@1#0';
export const commit: Call = {
  sandbox: 'pid-1',
  operation: 'PutItem',
  pk: JOURNAL,
  commits: '4-5',
  code: 'v1',
};
export const query: Call = {
  sandbox: 'pid-1',
  operation: 'Query',
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
  readonly faults: RequestFaults;
  readonly events: Events;
  readonly killed: string[];
  readonly rivals: string[];
}

/** Sandboxes pid-1 to pid-4 work for billing, pid-5 for fraud, others for none. */
export function requestBench(t: TestContext, random: Seeded | InjectedFault['kind']): Bench {
  const events = new Events(join(temporaryFolder(t), 'events.jsonl'));
  const killed: string[] = [];
  const rivals: string[] = [];
  const faults = new RequestFaults(typeof random === 'string' ? new Always(random) : random, events, {
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
