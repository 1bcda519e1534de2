/** Entries in a ledger in memory, written by the handler's own steps. */

import type { KafkaRecord } from '../../../shared/event/event.ts';
import { countingFold, type Fold } from '../../../shared/fold/fold.ts';
import { applyDelivery, startHead } from '../../../shared/journal/apply-delivery.ts';
import { aWriter, patientGroup } from '../../support/clicks.ts';
import type { MemoryLedger } from '../../support/memory-ledger.ts';

export const broken: Fold<undefined> = {
  ...countingFold,
  click: () => {
    throw new Error('a bug of this deploy');
  },
};
/** Flags each click twice. */
export const flagging: Fold<undefined> = {
  ...countingFold,
  click: (_, click, delta) => {
    delta.count(click);
    delta.flag(click, 'twice', 1);
    delta.flag(click, 'fast', 0.5);
  },
};

/** Appends the entry of one batch to the journal of a partition of `ad_clicks`. */
export async function apply(
  ledger: MemoryLedger,
  given: KafkaRecord[],
  options: { unpark?: boolean; partition?: number; fold?: Fold<undefined> } = {},
) {
  const journal = `ad_clicks@1#${options.partition ?? 0}`;
  const group = { ...patientGroup, rejects: { shareMax: 1, countMin: 1 } };
  const writer = aWriter(ledger, { group, fold: options.fold ?? countingFold });
  const delivery = { topic: 'ad_clicks', partition: options.partition ?? 0, records: given };
  const invocation = {
    request: 'r',
    deadline: Number.POSITIVE_INFINITY,
    signal: undefined,
    unpark: options.unpark ?? false,
  };
  return applyDelivery(writer, journal, delivery, invocation, startHead(writer, journal, delivery));
}
