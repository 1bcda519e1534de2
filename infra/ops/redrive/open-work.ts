/**
 * What a ledger has not counted: parked records, and offsets that its mapping passed over. The order of reading makes it correct during
 * live traffic: committed offsets first, then the log's bounds, then the heads. So an offset below the committed one that is not resolved
 * was passed over for good.
 */
import type { Acceptance } from '../../../shared/event/event.ts';
import { findSettled, type State } from '../../../shared/journal/journal.ts';
import { formatJournalKey, parseJournalKey } from '../../../shared/journal/journal-key.ts';
import {
  type Ledger,
  listJournals,
  readCheckpoint,
  readEntriesAfter,
  readHead,
} from '../../../shared/journal/journal-store.ts';
import {
  buildInterval,
  buildOffsetSet,
  findGaps,
  findNextOffset,
  hasOffset,
  intersectOffsets,
  listOffsets,
  noOffsets,
  type OffsetSet,
  subtractOffsets,
  uniteOffsets,
} from '../../../shared/journal/offsets.ts';
import { listOpenParked } from '../../../shared/journal/parked-items.ts';
import type { Bounds, TopicLog } from '../../kafka/topic-log.ts';
import { UserError } from '../../terminal/user-error.ts';
import { awaitTableAnswer } from './target.ts';

export interface OpenWork {
  readonly partition: number;
  readonly journal: string;
  readonly bounds: Bounds;
  readonly state: State;
  /** Neither applied nor accepted. */
  readonly parked: OffsetSet;
  /** The same, by reason. */
  readonly reasons: readonly ParkedFor[];
  /** Passed over, and within the log's bounds. */
  readonly gaps: OffsetSet;
  /** Passed over, and before the log's start. */
  readonly gone: OffsetSet;
}

export type Kind = 'parked' | 'gaps' | 'destination';

/** Why offsets will never count, and who has decided it. */
export type OperatorDecision = Pick<Acceptance, 'reason' | 'who'>;

/** Which offsets an operator means; all that are left out. */
export interface RedriveScope {
  readonly partition?: number | undefined;
  readonly from?: number | undefined;
  /** Included. */
  readonly to?: number | undefined;
}

interface Sight {
  readonly store: Ledger;
  readonly topic: string;
  readonly log: Pick<TopicLog, 'bounds' | 'committed'>;
}

export async function findOpenWork(sight: Sight, scope: RedriveScope): Promise<OpenWork[]> {
  const { log, topic } = sight;
  const committed = await log.committed((await log.bounds()).length);
  const bounds = await log.bounds();
  if (scope.partition !== undefined && scope.partition >= bounds.length)
    throw new UserError(
      `partition ${scope.partition} is unknown, ${topic} has ${bounds.length}: 0 to ${bounds.length - 1}`,
    );
  const incarnation = await newestIncarnation(sight);
  const work: OpenWork[] = [];
  for (const [partition, within] of bounds.entries()) {
    if (scope.partition !== undefined && scope.partition !== partition) continue;
    const journal = formatJournalKey({ topic, incarnation, partition });
    const now = await readPartition(sight, journal, scope);
    work.push({
      partition,
      journal,
      bounds: within,
      ...now,
      ...findOpen(now.state, within, committed[partition], scope),
    });
  }
  return work;
}

/** What the ledger says of a journal now. */
export async function readPartition(
  { store }: Pick<Sight, 'store'>,
  journal: string,
  scope: RedriveScope,
): Promise<Pick<OpenWork, 'state' | 'parked' | 'reasons'>> {
  const { state } = await awaitTableAnswer(store, readHead(store, journal, Date.now()));
  const reasons = await readParkedReasons(store, journal, buildAskedOffsets(scope));
  return { state, reasons, parked: reasons.map(({ offsets }) => offsets).reduce(uniteOffsets, noOffsets) };
}

export function buildAskedOffsets({ from = 0, to = Number.MAX_SAFE_INTEGER }: RedriveScope): OffsetSet {
  return to < from ? noOffsets : [from, to];
}

/** Pure: which offsets of a partition were passed over. */
export function findOpen(
  state: State,
  { start, end }: Bounds,
  committed: number | undefined,
  scope: RedriveScope,
): Pick<OpenWork, 'gaps' | 'gone'> {
  const asked = buildAskedOffsets(scope);
  const { resolved } = state;
  const passed = Math.min(end, Math.max(findNextOffset(resolved), committed ?? 0));
  return {
    gaps: intersectOffsets(asked, subtractOffsets(buildInterval(start, passed), resolved)),
    gone: intersectOffsets(asked, intersectOffsets(findGaps(resolved), buildInterval(0, start))),
  };
}

/** Journals of older ones are of a log that is no more. */
async function newestIncarnation({ store, topic }: Sight): Promise<number> {
  const journals = await awaitTableAnswer(store, listJournals(store));
  const numbers = journals
    .map(parseJournalKey)
    .filter((journal) => journal.topic === topic)
    .map(({ incarnation }) => incarnation);
  return Math.max(1, ...numbers);
}

interface ParkedFor {
  readonly reason: string;
  readonly offsets: OffsetSet;
}

/** @param asked one interval, or none */
export function readParkedReasons(ledger: Ledger, journal: string, asked: OffsetSet): Promise<ParkedFor[]> {
  return awaitTableAnswer(ledger, readReasons(ledger, journal, asked));
}

async function readReasons(ledger: Ledger, journal: string, asked: OffsetSet): Promise<ParkedFor[]> {
  const reasons = new Map<number, string>();
  const [from = 0, to = -1] = asked;
  if (to < from) return [];
  const through = (await readCheckpoint(ledger, journal))?.version ?? 0;
  for await (const { offset, reason } of listOpenParked(ledger, journal, from, to))
    reasons.set(offset, reason);
  for await (const { changed } of readEntriesAfter(ledger, journal, through)) {
    for (const { offset, reason } of changed.parked) reasons.set(offset, reason);
    for (const offset of listOffsets(findSettled(changed))) reasons.delete(offset);
  }
  const open = [...reasons].filter(([offset]) => hasOffset(asked, offset)).sort(([a], [b]) => a - b);
  return [...Map.groupBy(open, ([, reason]) => reason)].map(([reason, found]) => ({
    reason,
    offsets: buildOffsetSet(found.map(([offset]) => offset)),
  }));
}
