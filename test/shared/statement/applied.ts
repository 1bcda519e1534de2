/** Entries in a ledger in memory, written by the handler's own steps. */

import type { KafkaRecord } from '../../../shared/event/event.ts';
import type { Fold } from '../../../shared/fold/fold.ts';
import { applyDelivery, startHead, type Writer } from '../../../shared/journal/apply-delivery.ts';
import { START_MS } from '../../support/builders.ts';
import { pipe } from '../../support/clicks.ts';
import { type MemoryLedger, steppedClock } from '../../support/memory-ledger.ts';

/** Bills each click. */
export const billing: Fold<undefined> = {
  open: () => undefined,
  click: (_, click, delta) => delta.count(click),
  close: () => '',
};
export const broken: Fold<undefined> = {
  ...billing,
  click: () => {
    throw new Error('a bug of this deploy');
  },
};
/** Flags each click twice. */
export const flagging: Fold<undefined> = {
  ...billing,
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
  const writer: Writer<undefined> = {
    ledger,
    group: {
      ledger: 'billing',
      offsets: 'dense',
      rejects: { shareMax: 1, countMin: 1 },
      retry: { until: 'done' },
    },
    ...pipe,
    fold: options.fold ?? billing,
    clock: steppedClock(START_MS),
    code: 'c1',
  };
  const delivery = { topic: 'ad_clicks', partition: options.partition ?? 0, records: given };
  const invocation = {
    request: 'r',
    deadline: Number.POSITIVE_INFINITY,
    signal: undefined,
    unpark: options.unpark ?? false,
  };
  return applyDelivery(writer, journal, delivery, invocation, startHead(writer, journal, delivery));
}
