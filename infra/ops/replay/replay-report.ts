/** A replay into the same ledger as people read it, and as programs do. */
import { countOffsets, formatOffsets, intersectOffsets } from '../../../shared/journal/offsets.ts';
import { formatTable } from '../../terminal/table-lines.ts';
import type { OpenWork } from '../redrive/open-work.ts';
import type { ReplayRange } from './ranges.ts';
import type { Replayed } from './replay-ledger.ts';

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
