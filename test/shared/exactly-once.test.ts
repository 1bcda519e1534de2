import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mutations } from '../support/mutations.ts';
import {
  everyFault,
  everyFaultBesideClosings,
  everyFaultOfSparseTopics,
  explore,
  type Faults,
} from '../support/schedule.ts';

/** CLICKLEDGER_SCHEDULES raises the number for a long search; a failure prints the seed and the path to repeat it. */
const SCHEDULES = Number(process.env['CLICKLEDGER_SCHEDULES'] ?? 1_500);
const SCHEDULES_UNTIL_FOUND = 400;

/** What the schedules of all faults together have to go through, each that many times in a thousand schedules. */
const DEMANDED: Readonly<Record<string, number>> = {
  kills: 1_000,
  lostReplies: 1_000,
  throttles: 1_000,
  conflicts: 1_000,
  'effects after death': 100,
  zombies: 1_000,
  subsets: 500,
  replays: 500,
  skips: 500,
  secondMapping: 500,
  foldChanges: 500,
  overlappingRollups: 500,
  expiry: 500,
  'expiry of settled records': 20,
  redrives: 500,
  'redrives at once': 200,
  'parked records applied': 200,
  'parked records accepted': 20,
  'open offsets accepted': 10,
  'conflicts of settling entries': 50,
  'records settled already': 20,
  accepts: 500,
  restores: 200,
};

function single(fault: keyof Faults): Faults {
  const none = Object.fromEntries(Object.keys(everyFault).map((name) => [name, false])) as unknown as Faults;
  return { ...none, [fault]: true };
}

/** Returns what all schedules together went through. */
async function assertExactlyOnce(faults: Faults, schedules: number): Promise<Map<string, number>> {
  const met = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 32 - 1 }), async (seed) => {
      const outcome = await explore(seed, faults);
      for (const [name, times] of outcome.met) met.set(name, (met.get(name) ?? 0) + times);
      assert.equal(
        outcome.faults.length,
        0,
        `${outcome.faults.join('\n')}\n\n${outcome.trace.slice(-80).join('\n')}`,
      );
    }),
    { numRuns: schedules },
  );
  return met;
}

describe('any schedule ends with each position counted exactly once, in journal and statement', () => {
  it('under every fault together, each of which is met by name (I1, I2, I4, I7)', async (test) => {
    const met = await assertExactlyOnce(everyFault, SCHEDULES);

    test.diagnostic(`${SCHEDULES} schedules met ${JSON.stringify(Object.fromEntries(met))}`);
    for (const [name, perThousand] of Object.entries(DEMANDED)) {
      const times = met.get(name) ?? 0;
      assert.ok(times >= (perThousand * SCHEDULES) / 1_000, `${name}: met ${times} times`);
    }
    for (const [fault, asked] of Object.entries(everyFault))
      if (asked) assert.ok(fault in DEMANDED, `${fault} is a fault, and nothing demands that it is met`);
  });

  it('on a topic with offsets that hold no record', async () => {
    await assertExactlyOnce(everyFaultOfSparseTopics, SCHEDULES / 2);
  });

  it('beside an operator who closes gaps that hold no record (I2)', async () => {
    await assertExactlyOnce(everyFaultBesideClosings, SCHEDULES / 6);
  });

  for (const fault of (Object.keys(everyFault) as (keyof Faults)[]).filter((name) => everyFault[name])) {
    it(`under ${fault} alone, which is met`, async () => {
      const met = await assertExactlyOnce(single(fault), SCHEDULES / 15);

      assert.ok((met.get(fault) ?? 0) > 0, `${fault} was not met`);
    });
  }

  for (const [name, mutation] of Object.entries(mutations)) {
    it(`is refuted for the broken variant: ${name}`, async () => {
      for (let seed = 1; seed <= SCHEDULES_UNTIL_FOUND; seed++) {
        const outcome = await explore(seed, everyFault, mutation);
        if (outcome.faults.length > 0) return;
      }
      assert.fail(`${SCHEDULES_UNTIL_FOUND} schedules of the broken variant passed`);
    });
  }
});
