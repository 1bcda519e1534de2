/**
 * Folds the fresh records of a batch: what they change, what the fold carries on, and which of them are rejected, by the
 * decoder before or by the fold now. A fold is pure, so where it throws on a click the batch is folded again without that
 * one, and nothing of it is left in sums or carried state.
 */
import { type Click, isRejected, type Rejected } from './decode.ts';
import { Delta } from './delta.ts';
import { AppError, invariant } from './errors.ts';
import type { KafkaRecord } from './event.ts';
import { CARRIED_BYTES_MAX, type Fold } from './fold.ts';

export interface Folded {
  readonly records: readonly KafkaRecord[];
  readonly rejected: readonly Rejected[];
  readonly delta: Delta;
  readonly carried: string;
}

/** @param before what the last entry carried */
export function foldRecords<S>(before: string, fresh: readonly (Click | Rejected)[], fold: Fold<S>): Folded {
  const records = fresh.map(({ record }) => record);
  let kept = fresh;
  for (;;) {
    const delta = new Delta();
    const state = fold.open(before);
    const culprit = kept.find(
      (item): item is Click => !isRejected(item) && !foldOne(fold, state, item, delta),
    );
    if (culprit !== undefined) {
      const { record } = culprit;
      kept = kept.map((item) => (item === culprit ? { record, rejected: 'fold.threw' } : item));
      continue;
    }
    const rejected = kept.filter(isRejected);
    invariant(delta.clicks <= kept.length - rejected.length, 'I1: the fold counts each click at most once');
    const carried = fold.close(state);
    const bytes = Buffer.byteLength(carried);
    if (bytes > CARRIED_BYTES_MAX)
      throw new AppError('fold.carried', `${bytes} bytes, allowed are ${CARRIED_BYTES_MAX}`);
    return { records, rejected, delta, carried };
  }
}

function foldOne<S>(fold: Fold<S>, state: S, click: Click, delta: Delta): boolean {
  try {
    fold.click(state, click, delta);
    return true;
  } catch (error) {
    if (error instanceof AppError) throw error;
    return false;
  }
}
