import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { handlerMetrics, METRICS_NAMESPACE, metrics, rollupMetrics } from '../../shared/metrics.ts';

describe('the metrics of the functions', () => {
  it('have names and units that alarms and other accounts rest on', () => {
    const units = Object.fromEntries(Object.entries(metrics).map(([name, [unit]]) => [name, unit]));
    assert.equal(METRICS_NAMESPACE, 'Clickledger');
    assert.deepEqual(units, {
      Applied: 'Count',
      Duplicates: 'Count',
      Parked: 'Count',
      Resolved: 'Count',
      Entries: 'Count',
      Conflicts: 'Count',
      RecordAge: 'Milliseconds',
      PartitionsFailed: 'Count',
      PartitionsHalted: 'Count',
      LogMismatch: 'Count',
      RolledUp: 'Count',
      RollupBehind: 'Count',
      RollupAge: 'Milliseconds',
      OpenGap: 'Count',
      OpenParked: 'Count',
      BoundUsed: 'Percent',
    });
    assert.deepEqual({ ...handlerMetrics, ...rollupMetrics }, metrics);
  });

  it('say what they count', () => {
    for (const [name, [, meaning]] of Object.entries(metrics)) assert.match(meaning, /^\w.{15,}/, name);
  });
});
