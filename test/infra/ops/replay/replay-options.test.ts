import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readReplayRequest } from '../../../../infra/ops/replay/replay-options.ts';

const AWS = '--kafka a:1 --topic t --group g --table ledger --function f';

function read(given: string) {
  return readReplayRequest(`${given}`.split(' '), '/nowhere/run.json');
}

describe('npm run replay: its arguments', () => {
  it('mean a dry run of a range', () => {
    const request = read(`${AWS} --from start --to 9`);

    assert.deepEqual(request?.asked, { from: 'start', to: { offset: 9 }, partition: undefined });
    assert.deepEqual([request?.apply, request?.addresses.table], [false, 'ledger']);
  });

  const refused: [given: string, why: RegExp][] = [
    [AWS, /--from is missing, allowed is start, an offset or a time/],
    [`${AWS} --from soon`, /--from is 'soon', allowed is an offset, or a time/],
    [`${AWS} --from start --to never`, /--to is 'never'/],
    [`${AWS} --from start --partition x`, /--partition is 'x', allowed is a whole number/],
    ['--ledger billing --from start', /nothing runs on this machine/],
  ];
  for (const [given, why] of refused)
    it(`are refused in one sentence: ${given.replace(AWS, '…')}`, () => {
      assert.throws(() => read(given), why);
    });
});
