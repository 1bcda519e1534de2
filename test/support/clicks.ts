/** Clicks read and counted as billing does, for tests of the pipe behind its handler. */

import { group } from '../../functions/billing/group.ts';
import { adClick } from '../../functions/events/ad-click.ts';
import { createDecoder } from '../../shared/contract/decode-batch.ts';
import { createCounting } from '../../shared/fold/count.ts';
import { countingFold } from '../../shared/fold/fold.ts';
import type { Writer } from '../../shared/journal/apply-delivery.ts';
import type { Ledger } from '../../shared/journal/journal-store.ts';
import { START_MS } from './builders.ts';
import { steppedClock } from './memory-ledger.ts';

export type { Click } from '../../functions/events/ad-click.ts';

export const decoder = createDecoder(adClick, group.count.by);
export const { decode, decodeBatch } = decoder;
export const counting = createCounting(group.contract, group.count);
/** What a writer of the journal needs to read clicks and count them. */
export const pipe = { decoder, counting };

/** A group that retries until it is done. */
export const patientGroup = {
  ledger: 'billing',
  offsets: 'dense',
  rejects: { shareMax: 0.5, countMin: 100 },
  retry: { until: 'done' },
} as const;

/** A writer that bills every click; what a test is about comes in `more`. */
export function aWriter(ledger: Ledger, more: Partial<Writer<undefined>> = {}): Writer<undefined> {
  return {
    ledger,
    group: patientGroup,
    ...pipe,
    fold: countingFold,
    clock: steppedClock(START_MS),
    code: 'c1',
    ...more,
  };
}
