/**
 * Fraud: fresh before complete. What fails a few times or grows an hour old leaves, whole, for the team's own bucket, and
 * is redriven afterwards.
 */
import type { GroupSpec } from '../../shared/group.ts';

export const group: GroupSpec = {
  ledger: 'fraud',
  groupId: 'fraud-service',
  topic: 'ad_clicks',
  startingPosition: 'TRIM_HORIZON',
  batch: { records: 10_000, windowSeconds: 1 },
  retry: { until: 'spent', attempts: 3, ageSeconds: 3_600, bisect: true, destination: 's3' },
  pollers: { min: 1, max: 'partitions' },
  offsets: 'dense',
  rejects: { shareMax: 0.5, countMin: 100 },
  entryDays: 35,
  sandbox: { memoryMb: 1024, timeoutSeconds: 60 },
  secrets: ['IP_HASH_KEY'],
};
