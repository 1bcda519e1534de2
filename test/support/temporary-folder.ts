/** A folder of a test's own, gone when the test is over. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporaryFolder(test: { after: (remove: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'clickledger-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
