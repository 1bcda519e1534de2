/** Refusals: each is provoked once, beside the case next to it that passes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groups } from '../../../functions/index.ts';
import { assertGroups } from '../../../infra/aws/group-rules.ts';
import type { GroupSpec, RetryUntilSpent } from '../../../shared/group.ts';

const waiting: GroupSpec = {
  ledger: 'orders',
  groupId: 'orders-service',
  topic: 'ad_clicks',
  startingPosition: 'TRIM_HORIZON',
  batch: { records: 100, windowSeconds: 1 },
  retry: { until: 'done' },
  pollers: { min: 1, max: 3 },
  offsets: 'dense',
  rejects: { shareMax: 0.5, countMin: 100 },
  entryDays: 35,
  sandbox: { memoryMb: 512, timeoutSeconds: 30 },
  secrets: [],
};
const spent: RetryUntilSpent = {
  until: 'spent',
  attempts: 3,
  ageSeconds: 600,
  bisect: true,
  destination: 's3',
};

function faultsOf(change: Partial<GroupSpec>): string {
  try {
    assertGroups({ orders: { ...waiting, ...change } });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const refused: readonly [what: string, change: Partial<GroupSpec>, fault: string][] = [
  [
    'an empty batch',
    { batch: { records: 0, windowSeconds: 1 } },
    'batch.records is 0, allowed are 1 to 10000',
  ],
  [
    "a batch beyond Lambda's limit",
    { batch: { records: 10_001, windowSeconds: 1 } },
    'batch.records is 10001, allowed are 1 to 10000',
  ],
  [
    'a batching window beyond five minutes',
    { batch: { records: 1, windowSeconds: 301 } },
    'batch.windowSeconds is 301, allowed are 0 to 300',
  ],
  [
    'a part of a second as window',
    { batch: { records: 1, windowSeconds: 0.5 } },
    'batch.windowSeconds is 0.5, allowed are 0 to 300',
  ],
  [
    "a function that outlives its mapping's patience",
    { sandbox: { memoryMb: 512, timeoutSeconds: 841 } },
    'sandbox.timeoutSeconds is 841, allowed are 1 to 840',
  ],
  ['no poller at all', { pollers: { min: 0, max: 3 } }, 'pollers.min is 0, allowed are 1 to 200'],
  [
    'fewer pollers at most than at least',
    { pollers: { min: 4, max: 3 } },
    'pollers.max is 3, allowed are 4 to 2000',
  ],
  [
    'a group id that silences the lag metrics',
    { groupId: 'orders:service' },
    "groupId is 'orders:service', allowed is ^[a-zA-Z0-9._-]{1,200}$",
  ],
  [
    'a ledger name that no parameter path can carry',
    { ledger: 'Orders' },
    "ledger is 'Orders', allowed is ^[a-z][a-z0-9-]{1,30}$",
  ],
  [
    'more attempts than Lambda counts',
    { retry: { ...spent, attempts: 10_001 } },
    'retry.attempts is 10001, allowed are 0 to 10000',
  ],
  [
    'an age below a minute',
    { retry: { ...spent, ageSeconds: 59 } },
    'retry.ageSeconds is 59, allowed are 60 to 604800',
  ],
  [
    'giving records up where a lone hole counts as void',
    { offsets: 'sparse', retry: spent },
    "offsets is 'sparse' with retry until 'spent', allowed is until 'done'",
  ],
];

describe('group rules', () => {
  test('the groups of the registry keep to the rules', () => {
    assertGroups(groups);
  });

  for (const [what, change, fault] of refused) {
    test(`refuses ${what}`, () => {
      assert.equal(faultsOf(change), `group 'orders': ${fault}`);
    });
  }

  test('takes each bound itself', () => {
    assert.equal(faultsOf({ batch: { records: 10_000, windowSeconds: 300 } }), '');
    assert.equal(faultsOf({ batch: { records: 1, windowSeconds: 0 } }), '');
    assert.equal(faultsOf({ sandbox: { memoryMb: 512, timeoutSeconds: 840 } }), '');
    assert.equal(faultsOf({ pollers: { min: 3, max: 3 } }), '');
    assert.equal(faultsOf({ retry: { ...spent, attempts: 0, ageSeconds: 60 } }), '');
    assert.equal(faultsOf({ offsets: 'sparse' }), '');
  });

  test('refuses two teams in one consumer group, and two in one ledger', () => {
    const other = { ...waiting, ledger: 'refunds', groupId: 'refunds-service' };

    assertGroups({ orders: waiting, refunds: other });
    assert.throws(() => assertGroups({ orders: waiting, refunds: { ...other, groupId: 'orders-service' } }), {
      message: "group 'refunds': groupId is 'orders-service', which group 'orders' has",
    });
    assert.throws(() => assertGroups({ orders: waiting, refunds: { ...other, ledger: 'orders' } }), {
      message: "group 'refunds': ledger is 'orders', which group 'orders' has",
    });
  });

  test('tells all faults of all groups at once', () => {
    const change = { batch: { records: 0, windowSeconds: 999 } };

    assert.throws(
      () => assertGroups({ orders: { ...waiting, ...change }, refunds: { ...waiting, ...change } }),
      {
        message:
          /orders.*records.*orders.*windowSeconds.*refunds.*records.*refunds.*groupId.*refunds.*ledger/,
      },
    );
  });
});
