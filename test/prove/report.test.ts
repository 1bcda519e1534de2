import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type FaultKind, faultMeanings } from '../../infra/audit/findings.ts';
import { type Floors, floorWords } from './profile.ts';
import { aProof, enough, findingsOf, profile, someEvents } from './proof-fixtures.ts';
import { judgeProof } from './report.ts';
import type { Proof } from './run.ts';

/** Verdict, exit code and reasons of a proof that is good but for these. */
function judged(t: TestContext, changed: Partial<Proof>) {
  const { verdict, exitCode, because } = judgeProof(aProof(t, changed), profile);
  return [verdict, exitCode, ...because];
}

const ledgers = (...kinds: FaultKind[]) =>
  new Map([
    ['billing-service', findingsOf()],
    ['fraud-service', findingsOf(...kinds)],
  ]);
const notHealed = 'not caught up, and nothing progressed for 60 s';

describe('the verdict of a proof', () => {
  it('is PASS where all is good, and shows what happened beside its floors', (t) => {
    const { floors, ...rest } = judgeProof(aProof(t), profile);

    assert.deepEqual(rest, { verdict: 'PASS', exitCode: 0, because: [], faults: [] });
    assert.deepEqual(floors[0], { what: 'kills', seen: 50, floor: 50 });
    assert.deepEqual(
      floors.map(({ what }) => what),
      Object.keys(profile.floors),
    );
  });

  for (const [what, floor] of Object.entries(profile.floors) as [keyof Floors, number][]) {
    it(`is INVALID below the floor of ${what}`, (t) => {
      assert.deepEqual(judged(t, { seen: { ...enough, [what]: floor - 1 } }), [
        'INVALID',
        2,
        `too little happened: ${floorWords[what]}: ${floor - 1} of ${floor}`,
      ]);
    });
  }

  it('is INVALID with too few records, and where no commit was heard', (t) => {
    assert.deepEqual(judged(t, { seen: { ...enough, records: 0 }, events: someEvents(t, ['put lost']) }), [
      'INVALID',
      2,
      'too little happened: records: 0 of 1000, no commit was heard',
    ]);
  });

  for (const kind of Object.keys(faultMeanings) as FaultKind[]) {
    it(`is FAIL with '${kind}' in any ledger, and names the group`, (t) => {
      const proof = aProof(t, { ledgers: ledgers(kind) });

      const { verdict, exitCode, because, faults } = judgeProof(proof, profile);

      assert.deepEqual([verdict, exitCode, ...because], ['FAIL', 1, '1 fault in the ledgers']);
      assert.deepEqual(faults, [
        { group: 'fraud-service', kind, journal: 'ad_clicks@1#0', what: 'offset 7' },
      ]);
    });
  }

  it('is FAIL for a wrong ledger even where too little happened', (t) => {
    const [verdict, exitCode] = judged(t, { seen: { ...enough, kills: 0 }, ledgers: ledgers('double') });

    assert.deepEqual([verdict, exitCode], ['FAIL', 1]);
  });

  it('is FAIL where it has not caught up, whatever is missing then', (t) => {
    const caughtUpMs = undefined;

    assert.deepEqual(judged(t, { caughtUpMs }), ['FAIL', 1, notHealed]);
    assert.deepEqual(judged(t, { caughtUpMs, ledgers: ledgers('missing', 'not-yet') }), [
      'FAIL',
      1,
      notHealed,
    ]);
    assert.deepEqual(judged(t, { caughtUpMs, seen: { ...enough, kills: 0 } }), ['FAIL', 1, notHealed]);
  });

  it('is that of the money where it has neither caught up nor counted right', (t) => {
    for (const kind of ['money', 'double', 'lost'] as const)
      assert.deepEqual(judged(t, { caughtUpMs: undefined, ledgers: ledgers('missing', kind) }), [
        'FAIL',
        1,
        '1 fault in the ledgers',
      ]);
  });

  it('is INVALID where something broke that nobody broke', (t) => {
    assert.deepEqual(judged(t, { brokeByItself: 'the broker was given up' }), [
      'INVALID',
      2,
      'something broke that nobody broke: the broker was given up',
    ]);
  });

  it('is FAIL for a wrong ledger even where something broke that nobody broke', (t) => {
    const [verdict, exitCode] = judged(t, {
      brokeByItself: 'the broker was given up',
      ledgers: ledgers('double'),
    });

    assert.deepEqual([verdict, exitCode], ['FAIL', 1]);
  });
});
