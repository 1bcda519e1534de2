/** `clickledger replay`: reads a range of the topic again into the same ledger, where it must change nothing. */
import { findNextOffset } from '../../shared/journal/offsets.ts';
import { findOpenWork, type OpenWork } from '../ops/redrive/open-work.ts';
import { closeTarget, openTarget, type Target } from '../ops/redrive/target.ts';
import { type ReplayRange, type ReplayRequest, resolveRanges } from '../ops/replay/ranges.ts';
import {
  buildDryRunRows,
  computeExitCode,
  formatDryRun,
  formatReport,
  formatReportJson,
  replayLedger,
} from '../ops/replay/replay-ledger.ts';

import { defineCommand } from '../terminal/command.ts';
import { createInterruptSignal, ProgressLine } from '../terminal/progress.ts';
import { printLines } from '../terminal/text.ts';
import { UserError } from '../terminal/user-error.ts';
import { parseUtcEnd, parseUtcStart, parseWholeNumber } from '../terminal/values.ts';
import { addTargetOptions, jsonOption, readTarget } from './target.ts';

export const replay = addTargetOptions(
  defineCommand(
    'replay',
    'Reads a range of the topic again into the same ledger, where it must change nothing.',
    { 0: 'nothing was counted again', 1: 'something was (listed)' },
  ),
)
  .option('--apply', 'hand it to the function; without this the ranges are only shown')
  .option('--from-offset <n>', 'from this offset on (from the start of the log)', parseWholeNumber(0))
  .option('--from-time <time>', 'from this UTC time on', parseUtcStart)
  .option(
    '--to-offset <n>',
    'up to this offset, included (as far as the ledger has counted)',
    parseWholeNumber(0),
  )
  .option('--to-time <time>', 'up to this UTC time, included; a day means all of it', parseUtcEnd)
  .option('--partition <n>', 'only of this partition', parseWholeNumber(0))
  .addOption(jsonOption)
  .action(async (values) => {
    const asked = readRange(values);
    const target = openTarget(readTarget(values));
    try {
      process.exitCode = await replayRange(target, asked, values.apply === true, values.json === true);
    } finally {
      await closeTarget(target);
    }
  });

export function readRange(values: ReturnType<typeof replay.opts>): ReplayRequest {
  const { fromOffset, fromTime, toOffset, toTime, partition } = values;
  if (fromOffset !== undefined && fromTime !== undefined)
    throw new UserError('--from-offset and --from-time are both given: a range begins at one of them');
  if (toOffset !== undefined && toTime !== undefined)
    throw new UserError('--to-offset and --to-time are both given: a range ends at one of them');
  if (fromOffset !== undefined && toOffset !== undefined && fromOffset > toOffset)
    throw new UserError(
      `--from-offset is ${fromOffset}, which comes after --to-offset, ${toOffset}: nothing lies between`,
    );
  if (fromTime !== undefined && toTime !== undefined && fromTime > toTime)
    throw new UserError('--from-time comes after --to-time: nothing lies between');
  return {
    from:
      fromOffset !== undefined
        ? { offset: fromOffset }
        : fromTime !== undefined
          ? { time: fromTime }
          : 'start',
    // The first millisecond after the range.
    to:
      toOffset !== undefined ? { offset: toOffset } : toTime !== undefined ? { time: toTime + 1 } : undefined,
    partition,
  };
}

async function replayRange(
  target: Target,
  asked: ReplayRequest,
  apply: boolean,
  json: boolean,
): Promise<number> {
  const signal = createInterruptSignal(
    'interrupted: what was done is kept, and the same command may be run again',
  );
  const work = await findOpenWork(target, { partition: asked.partition });
  const ranges = await foundRanges(target, asked, work);
  const { ledger } = target;
  if (!apply) {
    const rows = buildDryRunRows(ranges, work);
    printLines(
      json ? [JSON.stringify({ ledger, applied: false, partitions: rows })] : formatDryRun(ledger, rows),
    );
    return 0;
  }
  const progress = new ProgressLine(`replaying ${ledger}`, 'offsets');
  try {
    const replayed = await replayLedger(target, ranges, work, {
      signal,
      progress: progress.show,
    });
    progress.end();
    printLines(json ? [formatReportJson(ledger, replayed)] : formatReport(ledger, replayed));
    return computeExitCode(replayed);
  } finally {
    progress.end();
  }
}

async function foundRanges(
  { log }: Target,
  asked: ReplayRequest,
  work: readonly OpenWork[],
): Promise<ReplayRange[]> {
  const times = [asked.from, asked.to].flatMap((place) =>
    typeof place === 'object' && 'time' in place ? [place.time] : [],
  );
  const offsets = new Map<number, (number | undefined)[]>();
  for (const time of times) offsets.set(time, await log.offsetsAt(time));
  const extents = work.map(({ partition, bounds, state }) => ({
    partition,
    log: bounds,
    counted: findNextOffset(state.resolved),
  }));
  return resolveRanges(asked, extents, (time, partition) => offsets.get(time)?.[partition]);
}
