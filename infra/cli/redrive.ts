/** `clickledger redrive`: shows what a ledger has not counted, and with --apply hands it to the ledger's own function once more. */
import { ACCEPTANCE_LENGTH_MAX } from '../../shared/event/event.ts';
import type { Kind, OperatorDecision } from '../ops/redrive/open-work.ts';
import { redriveLedger, type Selection } from '../ops/redrive/redrive-ledger.ts';
import { computeExitCode, formatReport, formatReportJson } from '../ops/redrive/report.ts';
import { closeTarget, openTarget } from '../ops/redrive/target.ts';
import { defineCommand } from '../terminal/command.ts';
import { createInterruptSignal, ProgressLine } from '../terminal/progress.ts';
import { printLines } from '../terminal/text.ts';
import { UserError } from '../terminal/user-error.ts';
import { parseMatching, parseWholeNumber } from '../terminal/values.ts';
import { addTargetOptions, jsonOption, readTarget } from './target.ts';

const note = parseMatching(
  new RegExp(`^(?=.*\\S).{1,${ACCEPTANCE_LENGTH_MAX}}$`, 'su'),
  `1 to ${ACCEPTANCE_LENGTH_MAX} characters: they stay in the journal`,
);
const kinds: readonly Kind[] = ['parked', 'gaps', 'destination'];

export const redrive = addTargetOptions(
  defineCommand('redrive', 'Shows what a ledger has not counted, and with --apply counts it.', {
    0: 'nothing is left to redrive',
    1: 'something is left (listed with its reason)',
  }),
)
  .option('--apply', 'count it; without this nothing is changed')
  .option('--parked', 'only parked records, after a fix of what rejected them')
  .option('--gaps', 'only offsets that the mapping has passed over')
  .option('--destination', "only what documents of the mapping's S3 destination hold")
  .option(
    '--accept',
    'with --parked, --gaps or both: these will never count. Of gaps, those that the log no longer holds or no function can take',
  )
  .option('--reason <text>', 'with --accept: why', note)
  .option('--who <name>', 'with --accept: who decided it', note)
  .option('--park', 'with --partition: release the batch that its share of rejected records has halted')
  .option('--partition <n>', 'only of this partition', parseWholeNumber(0))
  .option('--from-offset <n>', 'only from this offset on', parseWholeNumber(0))
  .option('--to-offset <n>', 'only up to this offset, included', parseWholeNumber(0))
  .addOption(jsonOption)
  .action(async (values) => {
    const selection = readSelection(values);
    const addresses = readTarget(values);
    const signal = createInterruptSignal(
      'interrupted: what was done is kept, and the same command may be run again',
    );
    const target = openTarget(addresses);
    const verb = values.apply ? 'redriving' : 'looking at';
    const progress = new ProgressLine(`${verb} ${addresses.ledger}`, 'offsets');
    try {
      const found = await redriveLedger(target, selection, {
        apply: values.apply === true,
        signal,
        progress: progress.show,
      });
      progress.end();
      printLines(values.json ? [formatReportJson(found)] : formatReport(found));
      process.exitCode = computeExitCode(found);
    } finally {
      progress.end();
      await closeTarget(target);
    }
  });

type Values = ReturnType<typeof redrive.opts>;

export function readSelection(values: Values): Selection {
  const { partition, fromOffset: from, toOffset: to } = values;
  if (from !== undefined && to !== undefined && from > to)
    throw new UserError(
      `--from-offset is ${from}, which comes after --to-offset, ${to}: nothing lies between`,
    );
  const chosen = kinds.filter((kind) => values[kind]);
  if (values.park && (values.accept || chosen.length > 0 || partition === undefined))
    throw new UserError(
      '--park releases one halted batch: give --partition with it, and not --accept, --parked, --gaps or --destination',
    );
  return {
    kinds: new Set(chosen.length === 0 ? kinds : chosen),
    accept: readDecision(values, chosen),
    park: values.park === true,
    partition,
    from,
    to,
  };
}

function readDecision(
  { accept, reason, who }: Values,
  chosen: readonly Kind[],
): OperatorDecision | undefined {
  if (!accept) {
    if (reason === undefined && who === undefined) return undefined;
    throw new UserError(
      '--reason and --who say why and by whom offsets are accepted: give --accept with them',
    );
  }
  if (chosen.length === 0 || chosen.includes('destination'))
    throw new UserError('--accept takes --parked, --gaps or both: say which of them will never count');
  if (reason === undefined || who === undefined)
    throw new UserError('--accept needs --reason TEXT and --who NAME: both stay in the journal');
  return { reason: reason.trim(), who: who.trim() };
}
