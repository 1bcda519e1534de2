/**
 * Fraud favours freshness over completeness. A batch that fails a few times or grows an hour old goes, whole, to the team's own bucket, and
 * is redriven afterwards.
 */
import type { GroupOf } from '../../shared/group.ts';
import { adClick } from '../events/ad-click.ts';

export const group: GroupOf<typeof adClick> = {
  ledger: 'fraud',
  groupId: 'fraud-service',
  topic: 'ad_clicks',
  contract: adClick,
  count: { by: ['advertiserId'], measures: { clicks: 1, micros: 'priceMicros' }, fold: true },
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
