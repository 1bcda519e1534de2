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

function single(fault: keyof Faults): Faults {
  const none = Object.fromEntries(Object.keys(everyFault).map((name) => [name, false])) as unknown as Faults;
  return { ...none, [fault]: true };
}

/** Returns what all schedules together went through. */
async function assertExactlyOnce(faults: Faults, schedules: number): Promise<Record<string, number>> {
  const met: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 32 - 1 }), async (seed) => {
      const outcome = await explore(seed, faults);
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
  it('under every fault together, each of which is met (I1, I2, I4, I7)', async (test) => {
    const met = await assertExactlyOnce(everyFault, SCHEDULES);

    test.diagnostic(`${SCHEDULES} schedules met ${JSON.stringify(met)}`);
    for (const [name, times] of Object.entries(met))
      assert.ok(times > SCHEDULES / 2, `${name}: only ${times}`);
  });

  it('on a topic with offsets that hold no record', async () => {
    await assertExactlyOnce(everyFaultOfSparseTopics, SCHEDULES / 2);
  });

  it('beside an operator who closes gaps that hold no record (I2)', async () => {
    await assertExactlyOnce(everyFaultBesideClosings, SCHEDULES / 6);
  });

  for (const fault of Object.keys(everyFault) as (keyof Faults)[]) {
    it(`under ${fault} alone`, async () => {
      await assertExactlyOnce(single(fault), SCHEDULES / 15);
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
