/**
 * One proof: clicks flow through a ground while faults fall, then the faults end, the groups have to catch up,
 * for which they have as long as they progress, and the auditor judges every ledger at rest.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Proof, ProofOptions } from './proof.ts';
import { Proving } from './proving.ts';

export async function runProof(options: ProofOptions): Promise<Proof> {
  const { folder, say } = options;
  for (const old of ['data', 'logs', 'destinations'])
    rmSync(join(folder, old), { recursive: true, force: true });
  mkdirSync(join(folder, 'logs'), { recursive: true, mode: 0o700 });
  const proving = new Proving(options);
  try {
    await proving.start();
    await proving.breakThings();
    options.signal.throwIfAborted();
    say('The faults have ended; what is left has to be caught up …');
    return await proving.judge();
  } finally {
    await proving.stop();
  }
}
