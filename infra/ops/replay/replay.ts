/** `npm run replay`: reads a range of the topic again into the same ledger, where it must change nothing. */
import { nextOffset } from '../../../shared/journal/offsets.ts';
import { ProgressLine } from '../../terminal/progress.ts';
import { operatorSignal, printLines } from '../operator-terminal.ts';
import { runCommand } from '../ops-error.ts';
import { type OpenWork, openWork } from '../redrive/open-work.ts';
import { closeTarget, openTarget, type Target } from '../redrive/target.ts';
import { type Asked, type Range, rangesOf } from './ranges.ts';
import { replayLedger } from './replay-ledger.ts';
import { type ReplayRequest, readReplayRequest, USAGE } from './replay-options.ts';
import { dryRunLines, dryRunRows, exitCodeOf, replayJson, replayLines } from './replay-report.ts';

await runCommand(async () => {
  const request = readReplayRequest(process.argv.slice(2));
  if (request === undefined) {
    console.log(USAGE);
    return;
  }
  const target = openTarget(request.addresses);
  try {
    process.exitCode = await replay(target, request);
  } finally {
    await closeTarget(target);
  }
});

async function replay(target: Target, { asked, apply, json }: ReplayRequest): Promise<number> {
  const signal = operatorSignal();
  const work = await openWork(target, { partition: asked.partition });
  const ranges = await foundRanges(target, asked, work);
  const { ledger } = target;
  if (!apply) {
    const rows = dryRunRows(ranges, work);
    printLines(
      json ? [JSON.stringify({ ledger, applied: false, partitions: rows })] : dryRunLines(ledger, rows),
    );
    return 0;
  }
  const progress = new ProgressLine(`replaying ${ledger}`, 'offsets');
  const replayed = await replayLedger(target, ranges, work, { signal, progress: progress.show });
  progress.end();
  printLines(json ? [replayJson(ledger, replayed)] : replayLines(ledger, replayed));
  return exitCodeOf(replayed);
}

async function foundRanges({ log }: Target, asked: Asked, work: readonly OpenWork[]): Promise<Range[]> {
  const times = [asked.from, asked.to].flatMap((place) =>
    typeof place === 'object' && 'time' in place ? [place.time] : [],
  );
  const offsets = new Map<number, (number | undefined)[]>();
  for (const time of times) offsets.set(time, await log.offsetsAt(time));
  const extents = work.map(({ partition, bounds, state }) => ({
    partition,
    log: bounds,
    counted: nextOffset(state.resolved),
  }));
  return rangesOf(asked, extents, (time, partition) => offsets.get(time)?.[partition]);
}
