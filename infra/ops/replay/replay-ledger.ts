/**
 * Delivers a range of the log to a ledger's deployed function again, and shows by the journal that it changed nothing: no offset that was
 * resolved before may be in a later entry. Offsets in open gaps are applied too, and reported separately.
 */
import { unnamedCount } from '../../../shared/fold/count.ts';
import { parseLines } from '../../../shared/fold/delta.ts';
import type { Entry } from '../../../shared/journal/journal.ts';
import { readEntriesAfter } from '../../../shared/journal/journal-store.ts';
import {
  buildInterval,
  buildOffsetSet,
  countOffsets,
  formatOffsets,
  intersectOffsets,
  noOffsets,
  type OffsetSet,
  subtractOffsets,
  uniteOffsets,
} from '../../../shared/journal/offsets.ts';
import { formatTable } from '../../terminal/text.ts';
import { deliverBatches } from '../redrive/deliver.ts';
import type { OpenWork } from '../redrive/open-work.ts';
import { awaitTableAnswer, type Target } from '../redrive/target.ts';
import { TOO_LARGE } from '../redrive/undone.ts';
import type { ReplayRange } from './ranges.ts';

interface Replayed {
  readonly range: ReplayRange;
  readonly journal: string;
  /** That the log held in the range and the function was given. */
  readonly records: number;
  readonly duplicates: number;
  /** Of open gaps: what this replay has counted or parked for the first time. */
  readonly filled: number;
  /** The same, by other writers of the ledger meanwhile. */
  readonly filledByOthers: number;
  /** Offsets with a second effect; has to be empty (I1). */
  readonly again: OffsetSet;
  /** What ended it early, or what does not add up. */
  readonly faults: readonly string[];
}

interface ReplayManner {
  readonly signal: AbortSignal;
  readonly progress: (done: number, of: number) => void;
}

export async function replayLedger(
  target: Target,
  ranges: readonly ReplayRange[],
  work: readonly OpenWork[],
  { signal, progress }: ReplayManner,
): Promise<Replayed[]> {
  const of = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  let done = 0;
  const count = (offsets: number) => {
    done += offsets;
    progress(done, of);
  };
  const replayed: Replayed[] = [];
  for (const range of ranges) {
    const { partition, start, end } = range;
    const before = work.find((each) => each.partition === partition);
    if (before === undefined) throw new Error(`partition ${partition} was not read`);
    const wanted = buildInterval(start, end);
    const manner = { apply: true, signal, progress: count };
    const sent = await deliverBatches(target, { partition, wanted, asked: undefined }, manner);
    const entries = await awaitTableAnswer(
      target.store,
      Array.fromAsync(readEntriesAfter(target.store, before.journal, before.state.version)),
    );
    const effects = findEffects(entries, wanted, before.state.resolved, new Set(sent.requests));
    const { journal } = before;
    const stopped = sent.failed && `stopped at offset ${sent.failed.at}: ${sent.failed.why}`;
    const large = formatOffsets(sent.tooLarge);
    const faults = [
      ...(large === '' ? [] : [`offsets ${large} were not replayed: ${TOO_LARGE}`]),
      ...(stopped === undefined ? [] : [stopped]),
      ...effects.faults,
    ];
    const records = sent.records - countOffsets(sent.tooLarge);
    const duplicates = records - effects.filled;
    replayed.push({ range, journal, records, duplicates, ...effects, faults });
  }
  return replayed;
}

/** Pure: what entries that came after have done to offsets of the range. */
export function findEffects(
  entries: readonly Entry[],
  range: OffsetSet,
  resolved: OffsetSet,
  requests: ReadonlySet<string>,
): Pick<Replayed, 'filled' | 'filledByOthers' | 'again' | 'faults'> {
  const faults: string[] = [];
  let again: OffsetSet = noOffsets;
  let seen = resolved;
  let [filled, filledByOthers] = [0, 0];
  for (const { changed, state, by } of entries) {
    const taken = subtractOffsets(
      changed.offsets,
      uniteOffsets(changed.void, changed.accepted?.offsets ?? noOffsets),
    );
    again = uniteOffsets(again, intersectOffsets(range, intersectOffsets(changed.offsets, seen)));
    const fresh = countOffsets(intersectOffsets(range, subtractOffsets(taken, seen)));
    if (requests.has(by.request)) filled += fresh;
    else filledByOthers += fresh;
    seen = uniteOffsets(seen, changed.offsets);
    const parked = buildOffsetSet(changed.parked.map(({ offset }) => offset));
    const applied = countOffsets(subtractOffsets(taken, parked)) + countOffsets(changed.unparked);
    if (state.counted !== undefined) continue; // What such a ledger counts of a record, only its group says.
    const { measures } = unnamedCount;
    let clicks = 0;
    for (const { line } of parseLines(changed.lines, measures.length))
      clicks += line.sums[measures.indexOf('clicks')] ?? 0;
    if (clicks !== applied)
      faults.push(`entry ${state.version} counts ${clicks} clicks for ${applied} offsets`);
  }
  return { filled, filledByOthers, again, faults };
}

export function computeExitCode(replayed: readonly Replayed[]): 0 | 1 {
  return replayed.every(({ again, faults }) => again.length === 0 && faults.length === 0) ? 0 : 1;
}

/** What would be replayed. */
export function buildDryRunRows(ranges: readonly ReplayRange[], work: readonly OpenWork[]) {
  return ranges.map(({ partition, start, end }) => {
    const { journal = '', state, bounds } = work.find((each) => each.partition === partition) ?? {};
    const resolved = countOffsets(intersectOffsets(state?.resolved ?? [], [start, end - 1]));
    const offsets = end - start;
    const log = bounds === undefined ? '' : `${bounds.start}-${bounds.end - 1}`;
    return { partition, journal, from: start, to: end - 1, log, offsets, resolved, open: offsets - resolved };
  });
}

export function formatDryRun(ledger: string, rows: ReturnType<typeof buildDryRunRows>): string[] {
  const head = ['journal', 'log', 'from', 'to', 'offsets', 'resolved', 'open'];
  const cells = rows.map(({ journal, log, from, to, offsets, resolved, open }) => [
    journal,
    log,
    ...[from, to, offsets, resolved, open].map(String),
  ]);
  return [
    ...formatTable([head, ...cells], [2, 3, 4, 5, 6]),
    `DRY RUN  ledger ${ledger}: nothing was called; --apply replays this`,
  ];
}

export function formatReport(ledger: string, replayed: readonly Replayed[]): string[] {
  const head = ['journal', 'from', 'to', 'records', 'duplicates', 'applied', 'in gaps', 'by others'];
  const cells = replayed.map(({ journal, range, records, duplicates, again, filled, filledByOthers }) => [
    journal,
    ...[range.start, range.end - 1, records, duplicates, countOffsets(again), filled, filledByOthers].map(
      String,
    ),
  ]);
  const sum = (of: (each: Replayed) => number) => replayed.reduce((all, each) => all + of(each), 0);
  const applied = sum(({ again }) => countOffsets(again));
  const verdict = computeExitCode(replayed) === 0 ? 'PASS' : 'FAIL';
  return [
    ...formatTable([head, ...cells], [1, 2, 3, 4, 5, 6, 7]),
    ...replayed.flatMap(({ journal, again, faults }) => [
      ...(again.length > 0 ? [`${journal} counted again: offsets ${formatOffsets(again)} (I1)`] : []),
      ...faults.map((fault) => `${journal} ${fault}`),
    ]),
    `${verdict}  ledger ${ledger}: of ${sum(({ records }) => records)} records ${applied} were counted again, ${sum(({ filled }) => filled)} filled gaps`,
  ];
}

export function formatReportJson(ledger: string, replayed: readonly Replayed[]): string {
  const partitions = replayed.map(
    ({ range, journal, records, duplicates, filled, filledByOthers, again, faults }) => ({
      ...{ partition: range.partition, journal, from: range.start, to: range.end - 1 },
      ...{ records, duplicates, applied: countOffsets(again), filled, filledByOthers },
      appliedAgain: formatOffsets(again),
      faults,
    }),
  );
  return JSON.stringify({ ledger, verdict: computeExitCode(replayed) === 0 ? 'pass' : 'fail', partitions });
}
