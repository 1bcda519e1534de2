/**
 * Applies what a ledger has not counted, by its own deployed function: parked records after a fix, gaps from the log, and records that its
 * mapping discarded. Every step reads from the journal what is open, and the journal decides what is fresh. So a redrive that runs twice,
 * concurrently, during live traffic or after a kill ends in the same state (I1).
 */

import { buildInterval, countOffsets, intersectOffsets, noOffsets } from '../../../shared/journal/offsets.ts';
import { UserError } from '../../terminal/user-error.ts';
import { acceptPartition, parkBatch } from './decided.ts';
import { deliverBatches, type Manner } from './deliver.ts';
import {
  findOpenWork,
  type Kind,
  type OpenWork,
  type OperatorDecision,
  type RedriveScope,
  readPartition,
} from './open-work.ts';
import { type DocumentsEnd, redriveDocuments } from './redrive-documents.ts';
import type { Target } from './target.ts';
import { listFound, listUndone, type Row, type Seen } from './undone.ts';

export interface Selection extends RedriveScope {
  readonly kinds: ReadonlySet<Kind>;
  /** Not to apply them, but to have them never count. */
  readonly accept?: OperatorDecision | undefined;
  /** Only to release the batch that its share of rejected records has halted. */
  readonly park?: boolean;
}

interface RedriveManner {
  readonly apply: boolean;
  readonly signal: AbortSignal;
  /** Offsets that are done, of those that the log holds. */
  readonly progress: (done: number, of: number) => void;
}

export interface Redrive {
  readonly ledger: string;
  readonly applied: boolean;
  readonly verb: 'redriven' | 'accepted' | 'parked or counted';
  /** What was open. */
  readonly found: readonly Row[];
  /** What still is, and why; in a dry run all of it. */
  readonly undone: readonly Row[];
  readonly documents: DocumentsEnd | undefined;
}

export async function redriveLedger(
  target: Target,
  selection: Selection,
  { apply, signal, progress }: RedriveManner,
): Promise<Redrive> {
  const { kinds, accept, park = false } = selection;
  const { destination } = target;
  if (destination === undefined && kinds.has('destination') && kinds.size === 1)
    throw new UserError(
      `the mapping of ${target.ledger} has no S3 destination here: on AWS name its bucket with --bucket`,
    );
  const work = await findOpenWork(target, selection);
  const of = work.reduce((sum, each) => sum + countOffsets(each.parked) + countOffsets(each.gaps), 0);
  let done = 0;
  const count = (offsets: number) => {
    done += offsets;
    progress(done, of);
  };
  const manner: Manner = { apply, signal, progress: count };
  if (accept !== undefined || park) {
    const rows: { found: Row[]; undone: Row[] }[] = [];
    for (const each of work)
      rows.push(
        accept === undefined
          ? await parkBatch(target, each, selection, manner)
          : await acceptPartition(target, each, { kinds, accept, scope: selection }, manner),
      );
    const verb = park ? 'parked or counted' : 'accepted';
    const [found, undone] = [rows.flatMap((each) => each.found), rows.flatMap((each) => each.undone)];
    return { ledger: target.ledger, applied: apply, verb, found, undone, documents: undefined };
  }
  const seen: Seen[] = [];
  for (const each of work) seen.push(await redrivePartition(target, each, kinds, manner));
  const fresh = apply ? await again(target, work, selection) : work;
  const documents =
    destination !== undefined && kinds.has('destination')
      ? await redriveDocuments({ ...target, destination }, fresh, selection, manner)
      : undefined;
  const found = seen.flatMap((each) =>
    listFound(each, documents?.open.get(each.work.partition) ?? noOffsets),
  );
  const verb = 'redriven';
  if (!apply) return { ledger: target.ledger, applied: false, verb, found, undone: found, documents };
  const after = await again(target, work, selection);
  const undone = seen.flatMap((each, i) => listUndone(each, after[i] ?? each.work, documents));
  return { ledger: target.ledger, applied: true, verb, found, undone, documents };
}

async function redrivePartition(
  target: Target,
  work: OpenWork,
  kinds: ReadonlySet<Kind>,
  manner: Manner,
): Promise<Seen> {
  const { partition, bounds } = work;
  const parked = kinds.has('parked') ? work.parked : noOffsets;
  const gaps = kinds.has('gaps') ? work.gaps : noOffsets;
  const inLog = intersectOffsets(parked, buildInterval(bounds.start, bounds.end));
  const unparked = await deliverBatches(target, { partition, wanted: inLog, asked: 'unpark' }, manner);
  const filled = await deliverBatches(target, { partition, wanted: gaps, asked: 'close' }, manner);
  return { work, parked, unparked, gaps, gone: kinds.has('gaps') ? work.gone : noOffsets, filled };
}

/** The same partitions as they are now. */
function again(target: Target, work: readonly OpenWork[], scope: RedriveScope): Promise<OpenWork[]> {
  return Promise.all(
    work.map(async (each) => ({ ...each, ...(await readPartition(target, each.journal, scope)) })),
  );
}
