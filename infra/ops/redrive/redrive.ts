/** `npm run redrive`: shows what a ledger has not counted, and with --apply hands it to the ledger's own function once more. */

import { operatorSignal, showProgress } from '../operator-terminal.ts';
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
    const progress = showProgress(`${verb} ${addresses.ledger}`);
    const redrive = await redriveLedger(target, selection, { apply, signal, progress: progress.show });
    progress.end();
    if (json) console.log(reportJson(redrive));
    else for (const line of reportLines(redrive)) console.log(line);
    process.exitCode = exitCodeOf(redrive);
  } finally {
    await closeTarget(target);
  }
});
