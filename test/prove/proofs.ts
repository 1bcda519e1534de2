/** Proofs as they come out, good but for what a test changes. */
import { join } from 'node:path';
import { type FaultKind, Findings } from '../../infra/audit/findings.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Events } from './events.ts';
import type { Seen } from './floors.ts';
import type { Profile } from './profile.ts';
import type { Proof } from './proof.ts';

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

export function someEvents(t: Parameters<typeof temporaryFolder>[0], kinds: readonly string[]): Events {
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
    healedMs: 3_000,
    brokeByItself: undefined,
    ...changed,
  };
}
