/**
 * Billing: complete before fresh. It starts at the oldest record, retries for ever and has no destination to give up to;
 * a partition that can't go on waits, and somebody is paged.
 */
import type { GroupSpec } from '../../shared/group.ts';

export const group: GroupSpec = {
  ledger: 'billing',
  groupId: 'billing-service',
  topic: 'ad_clicks',
  startingPosition: 'TRIM_HORIZON',
  batch: { records: 10_000, windowSeconds: 1 },
  retry: { until: 'done' },
  pollers: { min: 1, max: 'partitions' },
  offsets: 'dense',
  rejects: { shareMax: 0.5, countMin: 100 },
  entryDays: 35,
  sandbox: { memoryMb: 1024, timeoutSeconds: 60 },
  secrets: [],
};
