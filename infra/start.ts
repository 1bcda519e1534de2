/**
 * `npm start`: the laptop ground, clicks to feed it, and live lines of what the ledgers hold. Runs until Ctrl-C, or, with
 * --clicks and --exit, until all groups have drained that many; then it reads the log again by other code and ends with 0
 * only if every ledger is exact. Whatever happens, it stops what it started.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOwnEndpoints } from './local/endpoints.ts';
import { Ground } from './local/ground.ts';
import { GroundError } from './local/ground-error.ts';
import { lockGround } from './local/ground-lock.ts';
import { currentTemplates } from './local/templates-folder.ts';
import { ClickProducer } from './local/producer/click-producer.ts';
import { removeRunFile, runFileIn, writeRunFile } from './local/run-file.ts';
import { readStartOptions, type StartOptions, USAGE } from './local/start-options.ts';
import { LaptopView } from './ops/laptop-view.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.clickledger');

async function main(): Promise<number> {
  const options = readStartOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
}
