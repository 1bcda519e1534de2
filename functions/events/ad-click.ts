/** A click on an ad, for which an advertiser pays: the records of `ad_clicks` (docs/click-contract.md). */
import type { Contract, EventOf } from '../../shared/contract/contract.ts';

export const adClick = {
  format: 'json',
  version: { path: 'v', value: 1 },
  fields: {
    clickId: { kind: 'text', max: 128, code: 'click.id' },
    advertiserId: { kind: 'text', max: 64, pattern: '[A-Za-z0-9][A-Za-z0-9._:-]*', code: 'click.advertiser' },
    adId: { kind: 'text', max: 128, code: 'click.ad' },
    ip: { kind: 'text', min: 2, max: 45, optional: true, personal: true, code: 'click.ip' },
    priceMicros: {
      kind: 'micros',
      max: 1_000_000_000,
      code: { missing: 'price.missing', kind: 'price.integer', bounds: 'price.range' },
    },
  },
  // Parked records of the first ledgers have these reasons.
  codes: { object: 'click.object', version: 'click.version' },
} as const satisfies Contract;

export type Click = EventOf<typeof adClick>;
