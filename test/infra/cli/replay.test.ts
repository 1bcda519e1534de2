/** Which range of the topic `clickledger replay` reads again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRange, replay } from '../../../infra/cli/replay.ts';
import { readTarget } from '../../../infra/cli/target.ts';
import { parsed, refusalOf } from '../../support/parsed.ts';

const AWS = '--kafka a:1 --topic t --group g --table ledger --function f';

function read(given: string) {
  const values = parsed(replay, given);
  return {
    asked: readRange(values),
    apply: values.apply,
    addresses: readTarget(values, '/nowhere/run.json'),
  };
}

describe('the options of replay', () => {
  it('mean a dry run of all that the log still has and the ledger has counted', () => {
    const { asked, apply, addresses } = read(AWS);

    assert.deepEqual(asked, { from: 'start', to: undefined, partition: undefined });
    assert.deepEqual([apply, addresses.table], [undefined, 'ledger']);
  });

  it('bound it by offsets or by times, both included', () => {
    const byOffset = read(`${AWS} --from-offset 3 --to-offset 9 --partition 1`);
    const byTime = read(`${AWS} --from-time 2026-11-21 --to-time 2026-11-21`);

    assert.deepEqual(byOffset.asked, { from: { offset: 3 }, to: { offset: 9 }, partition: 1 });
    // The end is the first millisecond after it.
    assert.deepEqual(byTime.asked, {
      from: { time: Date.UTC(2026, 10, 21) },
      to: { time: Date.UTC(2026, 10, 22) },
      partition: undefined,
    });
  });

  const refused: [given: string, why: RegExp][] = [
    [`${AWS} --from-time soon`, /'soon' is invalid. Allowed is a UTC time like/],
    [`${AWS} --to-time never`, /'never' is invalid/],
    [`${AWS} --partition x`, /'x' is invalid. Allowed is a whole number/],
    [`${AWS} --from-offset 1 --from-time 2026-11-21`, /--from-offset and --from-time are both given/],
    [`${AWS} --to-offset 1 --to-time 2026-11-21`, /--to-offset and --to-time are both given/],
    [`${AWS} --from-offset 9 --to-offset 3`, /--from-offset is 9, which comes after --to-offset, 3/],
    [`${AWS} --from-time 2026-11-22 --to-time 2026-11-21`, /--from-time comes after --to-time/],
    ['--ledger billing', /nothing runs on this machine/],
  ];
  for (const [given, why] of refused)
    it(`are refused in one sentence: ${given.replace(AWS, '…')}`, () => {
      assert.match(
        refusalOf(() => read(given)),
        why,
      );
    });
});
