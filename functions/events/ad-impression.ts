/** An ad that was shown: the records of `ad_impressions`. */
import type { Contract } from '../../shared/contract/contract.ts';

export const adImpression = {
  format: 'json',
  version: { path: 'v', value: 1 },
  fields: {
    impressionId: { kind: 'text', max: 128 },
    campaign: { kind: 'text', max: 64, pattern: '[A-Za-z0-9][A-Za-z0-9._:-]*' },
    adId: { kind: 'text', max: 128 },
    country: { kind: 'text', min: 2, max: 2, pattern: '[A-Z]{2}', path: ['geo', 'country'] },
    placement: { kind: 'one of', values: ['top', 'side', 'feed', 'video'] },
    visibleMs: { kind: 'integer', max: 3_600_000 },
    price: { kind: 'decimal', scale: 6, max: 1_000_000_000 },
    shownAt: { kind: 'time', unit: 'milliseconds' },
    isBot: { kind: 'boolean', optional: true },
    ip: { kind: 'text', min: 2, max: 45, optional: true, personal: true },
  },
} as const satisfies Contract;
