/**
 * A ledger that has every attribute of the layout somewhere, and its log: parked, redriven, accepted, void, flagged, carried;
 * rolled up in part.
 */

import type { Acceptance, KafkaRecord } from '../../../shared/event/event.ts';
import type { Fold } from '../../../shared/fold/fold.ts';
import { applyDelivery, startHead, type Writer } from '../../../shared/journal/apply-delivery.ts';
import { aRecord, base64, records, START_MS } from '../../support/builders.ts';
import { pipe } from '../../support/clicks.ts';
import { roll } from '../../support/filled-ledger.ts';
import { type MemoryLedger, memoryLedger, steppedClock } from '../../support/memory-ledger.ts';

export const JOURNAL = 'ad_clicks@1#0';
export const committed = [13];

/** Bills every click, flags those of adv-9, carries their number, and throws on one ad until it is mended. */
function flagging(mended: boolean): Fold<{ flagged: number }> {
  return {
    open: (carried) => ({ flagged: Number(carried || '0') }),
    click: (state, click, delta) => {
      if (click.adId === 'ad-thrown' && !mended) throw new Error('a fault of the team');
      delta.count(click);
      if (click.advertiserId !== 'adv-9') return;
      state.flagged += 1;
      delta.flag(click, 'velocity', 20 + state.flagged);
    },
    close: ({ flagged }) => String(flagged),
  };
}

const suspicious = { click: { advertiserId: 'adv-9', priceMicros: 17 } };
const thrown = aRecord({ offset: 8, click: { adId: 'ad-thrown' } });
const batches: readonly KafkaRecord[][] = [
  [...records(0, 3), aRecord({ offset: 3, value: base64('rubbish') })],
  [...records(4, 2, suspicious), aRecord({ offset: 7 }), thrown],
  records(9, 2, suspicious),
  [aRecord({ offset: 11 }), aRecord({ offset: 12, value: base64('{}') })],
];

/** Offset 6 holds no record. */
export const log: readonly KafkaRecord[] = batches.flat();

export async function fullLedger(): Promise<MemoryLedger> {
  const ledger = memoryLedger();
  const [first = [], second = [], third = [], last = []] = batches;
  await deliver(ledger, first, { mended: false });
  await deliver(ledger, second, { mended: false });
  await roll(ledger);
  await deliver(ledger, [thrown], { mended: true });
  await deliver(ledger, third, { mended: true });
  const accept = { offsets: [3, 3], reason: 'rubbish of a test', who: 'ann' };
  await deliver(ledger, [], { mended: true, accept });
  await roll(ledger);
  await deliver(ledger, last, { mended: true });
  return ledger;
}

async function deliver(
  ledger: MemoryLedger,
  given: readonly KafkaRecord[],
  { mended, accept }: { mended: boolean; accept?: Acceptance },
): Promise<void> {
  const clock = steppedClock(START_MS + 10 * 86_400_000);
  const group = {
    ledger: 'billing',
    offsets: 'sparse',
    rejects: { shareMax: 1, countMin: 1 },
    retry: { until: 'done' },
  } as const;
  const writer: Writer<{ flagged: number }> = {
    ledger,
    group,
    ...pipe,
    fold: flagging(mended),
    clock,
    code: 'c0ffee',
  };
  const delivery = { topic: 'ad_clicks', partition: 0, records: given, ...(accept && { accept }) };
  const unpark = mended && given.length === 1;
  const invocation = { request: 'r1', deadline: Number.POSITIVE_INFINITY, signal: undefined, unpark };
  const head = startHead(writer, JOURNAL, delivery);
  const { failure } = await applyDelivery(writer, JOURNAL, delivery, invocation, head);
  if (failure !== undefined) throw failure;
}
