/**
 * Applies what a ledger has not counted, through its own deployed function: parked records after a fix, gaps from the log, and what
 * its mapping gave up on. Every step asks the journal what is open and leaves it to the journal what is fresh, so twice, at the same
 * time, beside live traffic and after a kill all end in the same place (I1).
 */
import { countOffsets, intersection, noOffsets, offsetsFrom } from '../../../shared/offsets.ts';
import { OpsError } from '../ops-error.ts';
import { deliver, type Manner } from './deliver.ts';
import { type OpenWork, openWork, type Scope, stateOf } from './open-work.ts';
import { parkedReasons } from './parked-reasons.ts';
import { type DocumentsEnd, redriveDocuments } from './redrive-documents.ts';
import type { Target } from './target.ts';
import { foundIn, type Row, type Seen, undoneIn } from './undone.ts';

export type Kind = 'parked' | 'gaps' | 'destination';

export interface Selection extends Scope {
  readonly kinds: ReadonlySet<Kind>;
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
  const { kinds } = selection;
  const { destination } = target;
  if (destination === undefined && kinds.has('destination') && kinds.size === 1)
    throw new OpsError(
      `the mapping of ${target.ledger} has no S3 destination here: on AWS name its bucket with --bucket`,
    );
  const work = await openWork(target, selection);
  const of = work.reduce((sum, each) => sum + countOffsets(each.parked) + countOffsets(each.gaps), 0);
  let done = 0;
  const count = (offsets: number) => {
    done += offsets;
    progress(done, of);
  };
  const manner: Manner = { apply, signal, progress: count };
  const seen: Seen[] = [];
  for (const each of work) seen.push(await redrivePartition(target, each, kinds, manner));
  const fresh = apply ? await again(target, work) : work;
  const documents =
    destination !== undefined && kinds.has('destination')
      ? await redriveDocuments({ ...target, destination }, fresh, selection, manner)
      : undefined;
  const found = seen.flatMap((each) => foundIn(each, documents?.open.get(each.work.partition) ?? noOffsets));
  if (!apply) return { ledger: target.ledger, applied: false, found, undone: found, documents };
  const after = await again(target, work);
  const undone = seen.flatMap((each, i) => undoneIn(each, after[i]?.state ?? each.work.state, documents));
  return { ledger: target.ledger, applied: true, found, undone, documents };
}

async function redrivePartition(
  target: Target,
  work: OpenWork,
  kinds: ReadonlySet<Kind>,
  manner: Manner,
): Promise<Seen> {
  const { partition, bounds, journal } = work;
  const parked = kinds.has('parked') ? work.parked : noOffsets;
  const gaps = kinds.has('gaps') ? work.gaps : noOffsets;
  const reasons = await parkedReasons(target.store, journal, parked);
  const inLog = intersection(parked, offsetsFrom(bounds.start, bounds.end));
  const unparked = await deliver(target, { partition, wanted: inLog, unpark: true, close: false }, manner);
  const filled = await deliver(target, { partition, wanted: gaps, unpark: false, close: true }, manner);
  return { work, parked, reasons, unparked, gaps, gone: kinds.has('gaps') ? work.gone : noOffsets, filled };
}

/** The same partitions as they are now. */
function again(target: Target, work: readonly OpenWork[]): Promise<OpenWork[]> {
  return Promise.all(work.map(async (each) => ({ ...each, state: await stateOf(target, each.journal) })));
}
