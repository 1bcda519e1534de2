/** `npm run redrive`: shows what a ledger has not counted, and with --apply hands it to the ledger's own function once more. */

import { ProgressLine } from '../../terminal/progress.ts';
import { operatorSignal, printLines } from '../operator-terminal.ts';
import { runCommand } from '../ops-error.ts';
import { redriveLedger } from './redrive-ledger.ts';
import { readRedriveRequest, USAGE } from './redrive-options.ts';
import { exitCodeOf, reportJson, reportLines } from './report.ts';
import { closeTarget, openTarget } from './target.ts';

await runCommand(async () => {
  const request = readRedriveRequest(process.argv.slice(2));
  if (request === undefined) {
    console.log(USAGE);
    return;
  }
  const { addresses, selection, apply, json } = request;
  const signal = operatorSignal();
  const target = openTarget(addresses);
  try {
    const verb = apply ? 'redriving' : 'looking at';
    const progress = new ProgressLine(`${verb} ${addresses.ledger}`, 'offsets');
    const redrive = await redriveLedger(target, selection, { apply, signal, progress: progress.show });
    progress.end();
    printLines(json ? [reportJson(redrive)] : reportLines(redrive));
    process.exitCode = exitCodeOf(redrive);
  } finally {
    await closeTarget(target);
  }
});
