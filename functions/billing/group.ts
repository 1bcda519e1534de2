/**
 * Billing favours completeness over freshness. It starts at the oldest record, retries for ever and discards nothing;
 * a partition that can't go on waits, and somebody is paged.
 */
import type { GroupOf } from '../../shared/group.ts';
import { adClick } from '../events/ad-click.ts';

export const group: GroupOf<typeof adClick> = {
  ledger: 'billing',
  groupId: 'billing-service',
  topic: 'ad_clicks',
  contract: adClick,
  count: { by: ['advertiserId'], measures: { clicks: 1, micros: 'priceMicros' } },
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
