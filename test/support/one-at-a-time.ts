/** What only one test file at a time may do to the checkout: they run side by side. */
import { join } from 'node:path';
import { lockRuntime } from '../../infra/local/runtime-lock.ts';
import { until } from './until.ts';

/** Of the tests alone: what they keep there is nobody's localRuntime. */
export const testsFolder = join(import.meta.dirname, '../../.clickledger/tests');

const WITHIN_MS = 180_000;

export async function oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
  let unlock = () => {};
  await until(
    'no other test file is at it',
    () => {
      try {
        unlock = lockRuntime(testsFolder);
        return true;
      } catch {
        return false;
      }
    },
    WITHIN_MS,
  );
  try {
    return await work();
  } finally {
    unlock();
  }
}
