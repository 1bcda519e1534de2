import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Halted, Halts } from '../../../infra/start/halts.ts';

const billing = (mismatches: number, halts: number): Halted => ({
  groupId: 'billing-service',
  mismatches,
  halts,
});

describe('what a start says of halted partitions', () => {
  it('is nothing while none has halted', () => {
    assert.deepEqual(new Halts().news([billing(0, 0)]), []);
  });

  it('is said once for each group and cause, and names what to read', () => {
    const halts = new Halts();

    const first = halts.news([billing(1, 0), { groupId: 'fraud-service', mismatches: 0, halts: 2 }]);
    const second = halts.news([billing(9, 0), { groupId: 'fraud-service', mismatches: 1, halts: 3 }]);

    assert.match(first[0] ?? '', /^billing-service meets another log .*docs\/runbook\/partition-halted\.md/);
    assert.match(first[1] ?? '', /^fraud-service has partitions that wait for a person/);
    assert.deepEqual([first.length, second.length], [2, 1]);
    assert.match(second[0] ?? '', /^fraud-service meets another log/);
  });
});
