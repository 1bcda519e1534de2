/** Ledgers on the simulated table, filled by the write path itself. */

import type { Acceptance, KafkaRecord } from '../../shared/event/event.ts';
import type { Fold } from '../../shared/fold/fold.ts';
import { applyDelivery, startHead } from '../../shared/journal/apply-delivery.ts';
import { noOffsets, type OffsetSet } from '../../shared/journal/offsets.ts';
import { rollUp } from '../../shared/statement/rollup.ts';
import { START_MS } from './builders.ts';
import { aWriter, patientGroup } from './clicks.ts';
import { type MemoryLedger, steppedClock } from './memory-ledger.ts';

const clock = steppedClock(START_MS + 10 * 86_400_000);

function everyClickBut(broken: number | undefined): Fold<undefined> {
  return {
    open: () => undefined,
    click: (_, click, delta) => {
      if (click.record.offset === broken) throw new Error('a fault of the team');
      delta.count(click);
    },
    close: () => '',
  };
}

interface Asked {
  readonly empty?: OffsetSet;
  readonly unpark?: boolean;
  readonly request?: string;
  readonly accept?: Acceptance;
  /** The fold throws on it. */
  readonly broken?: number;
}

/** One entry of the journal of the records' partition; what else an operator's event may ask for as options. */
export async function apply(
  ledger: MemoryLedger,
  given: readonly KafkaRecord[],
  { empty = noOffsets as OffsetSet, unpark = false, request = 'r', accept, broken }: Asked = {},
): Promise<void> {
  const partition = given[0]?.partition ?? 0;
  const journal = `ad_clicks@1#${partition}`;
  const group = { ...patientGroup, rejects: { shareMax: 1, countMin: 1 } };
  const writer = aWriter(ledger, { group, fold: everyClickBut(broken), clock });
  const delivery = { topic: 'ad_clicks', partition, records: given, empty, ...(accept && { accept }) };
  const invocation = { request, deadline: Number.POSITIVE_INFINITY, signal: undefined, unpark };
  const head = startHead(writer, journal, delivery);
  const { failure } = await applyDelivery(writer, journal, delivery, invocation, head);
  if (failure !== undefined) throw failure;
}

export async function roll(ledger: MemoryLedger): Promise<void> {
  await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
}
