/** What teams may rely on unless they say otherwise: the alarms by name, and the defaults that docs/consumer-group.md and the runbook state. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  defaultSlo,
  defaultThresholds,
  groupAlarms,
  severities,
  streamAlarms,
} from '../../shared/alarm-spec.ts';

describe('what alarms there are', () => {
  it('names them, since teams leave them out and runbook pages are called by these names', () => {
    assert.deepEqual(severities, ['page', 'ticket', 'notice']);
    assert.equal(
      groupAlarms.join(' '),
      'slo-fast-burn slo-slow-burn no-progress retention partition-stuck partition-halted redrive-due redrive-overdue dropped journal-bounds rollup-behind foreign-writer throttles',
    );
    assert.equal(
      streamAlarms.join(' '),
      'no-controller broker-cpu offline-partitions under-min-isr under-replicated broker-disk express-quota-in express-quota-out express-throttled-in express-throttled-out express-storage',
    );
  });

  it('has defaults: five minutes in 99.5 % of all minutes, a quarter of an hour open or behind, half of retention', () => {
    assert.deepEqual(defaultSlo, { ageSeconds: 300, share: 0.995 });
    assert.deepEqual(defaultThresholds, {
      openMinutesMax: 15,
      rollupBehindMinutesMax: 15,
      retentionShareMax: 0.5,
    });
  });
});
