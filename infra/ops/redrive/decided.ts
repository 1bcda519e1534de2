/**
 * What an operator decides, and the ledger's own function writes down: that offsets will never count (an entry with reason and
 * name), or that a batch is to be parked although its share of rejected records has halted it.
 */
import {
  buildInterval,
  findNextOffset,
  intersectOffsets,
  noOffsets,
  type OffsetSet,
  subtractOffsets,
  uniteOffsets,
} from '../../../shared/journal/offsets.ts';
import { callFunction } from './called-function.ts';
import { buildEventSource, deliverBatches, type Manner } from './deliver.ts';
import { acceptPayload } from './kafka-event.ts';
import {
  buildAskedOffsets,
  type Kind,
  type OpenWork,
  type OperatorDecision,
  type RedriveScope,
  readPartition,
} from './open-work.ts';
import type { Target } from './target.ts';
import { createRowBuilder, describeStop, type Row, TOO_LARGE } from './undone.ts';

interface Decided {
  readonly found: Row[];
  readonly undone: Row[];
}

/** So many intervals in one event: an entry settles 99 parked records, the function puts as many entries as it takes. */
const INTERVALS_AT_ONCE = 500;

/** Parked records; of gaps, only those that nothing can fill: gone from the log, or too large for any function. */
export async function acceptPartition(
  target: Target,
  work: OpenWork,
  { kinds, accept, scope }: { kinds: ReadonlySet<Kind>; accept: OperatorDecision; scope: RedriveScope },
  manner: Manner,
): Promise<Decided> {
  const { partition, bounds, journal } = work;
  const parked = kinds.has('parked') ? work.parked : noOffsets;
  const gone = kinds.has('gaps') ? work.gone : noOffsets;
  const look = { partition, wanted: kinds.has('gaps') ? work.gaps : noOffsets, asked: undefined };
  const { tooLarge } = await deliverBatches(target, look, { ...manner, apply: false });
  const found = (open: OffsetSet, failed?: string) => {
    const row = createRowBuilder(work);
    return [
      ...work.reasons.flatMap(({ reason, offsets }) =>
        row('parked', failed ?? reason, intersectOffsets(intersectOffsets(offsets, parked), open)),
      ),
      ...row('gone', failed ?? `the log begins at ${bounds.start}`, intersectOffsets(gone, open)),
      ...row('gap', failed ?? TOO_LARGE, intersectOffsets(tooLarge, open)),
    ];
  };
  const all = uniteOffsets(parked, uniteOffsets(gone, tooLarge));
  if (!manner.apply || all.length === 0) return { found: found(all), undone: found(all) };
  let failed: string | undefined;
  for (let i = 0; i < all.length && failed === undefined; i += 2 * INTERVALS_AT_ONCE) {
    const offsets = all.slice(i, i + 2 * INTERVALS_AT_ONCE);
    const payload = acceptPayload(buildEventSource(target, partition), { ...accept, offsets });
    ({ failed } = await callFunction(target.functions, target.function, payload, manner.signal));
  }
  const now = await readPartition(target, journal, scope);
  const open = uniteOffsets(
    intersectOffsets(parked, now.parked),
    subtractOffsets(uniteOffsets(gone, tooLarge), now.state.resolved),
  );
  const above = intersectOffsets(open, [findNextOffset(now.state.resolved), Number.MAX_SAFE_INTEGER]);
  const why = failed ?? 'it was handed over, and the ledger has not accepted it';
  const early = 'no later record is counted yet: accept it when one is';
  return { found: found(all), undone: [...found(subtractOffsets(open, above), why), ...found(above, early)] };
}

/** The offsets that the operator names, or the batch that the mapping delivers next. */
export async function parkBatch(
  target: Target,
  work: OpenWork,
  scope: RedriveScope,
  manner: Manner,
): Promise<Decided> {
  const { partition, bounds, journal, state } = work;
  const named = scope.from !== undefined || scope.to !== undefined;
  const first = Math.max(bounds.start, findNextOffset(state.resolved));
  const asked = named ? buildAskedOffsets(scope) : buildInterval(first, first + target.batchRecords);
  const wanted = subtractOffsets(
    intersectOffsets(asked, buildInterval(bounds.start, bounds.end)),
    state.resolved,
  );
  const row = createRowBuilder(work);
  const found = row('batch', 'the clicks among them will be counted, the others parked', wanted);
  if (!manner.apply) return { found, undone: found };
  const delivered = await deliverBatches(target, { partition, wanted, asked: 'park' }, manner);
  const now = await readPartition(target, journal, scope);
  const open = subtractOffsets(
    wanted,
    uniteOffsets(now.state.resolved, uniteOffsets(delivered.empty, delivered.tooLarge)),
  );
  const why = describeStop(delivered) ?? 'it was handed over, and the ledger has not resolved it';
  return {
    found,
    undone: [...row('batch', why, open), ...row('gap', TOO_LARGE, delivered.tooLarge)],
  };
}
