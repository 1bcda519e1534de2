/** A process that tries for the lock of a folder whenever it is told to, at the millisecond that it is told, and keeps it. */

import { lockRuntime } from '../../infra/local/runtime-lock.ts';
import { UserError } from '../../infra/terminal/user-error.ts';

process.on('message', ({ folder, at }: { folder: string; at: number }) => {
  while (Date.now() < at); // Nothing else would meet the others at the very moment.
  try {
    lockRuntime(folder);
    process.send?.({ got: true });
  } catch (error) {
    if (error instanceof UserError) process.send?.({ got: false, refused: error.message });
    else process.send?.({ got: false, broke: String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
