/**
 * A folder for a localRuntime of a test's own: with the jars of the checkout and the templates as they are, so that a start neither
 * fetches nor synthesizes. When the test is over, whatever still runs for the folder is ended by its pid, and the folder is gone.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeTemplates } from '../../infra/local/template/synthesize.ts';
import { localJars } from './local-jars.ts';
import { oneAtATime, testsFolder } from './one-at-a-time.ts';
import { processesOf } from './processes-of.ts';
import { until } from './until.ts';

export const root = join(import.meta.dirname, '../..');

interface Test {
  readonly after: (end: () => void | Promise<void>) => void;
}

/** An empty one. In a suite, call it beside its hooks: what a hook registers for `after` comes too soon. */
export function prepareRuntimeFolder(test: Test): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'clickledger-'));
  test.after(async () => {
    await endAll(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** The same folder, with templates and, if they are wanted, jars in it. */
export async function furnished(folder: string, { jars = true } = {}): Promise<string> {
  await localJars();
  copyFileSync(await synthesized(), join(folder, 'templates.json'));
  if (jars) symlinkSync(join(root, '.clickledger/jars'), join(folder, 'jars'));
  return folder;
}

/** `cdk.out` is one for all. */
async function synthesized(): Promise<string> {
  await oneAtATime(() => synthesizeTemplates({ root, stage: 'dev', folder: testsFolder, say: () => {} }));
  return join(testsFolder, 'templates.json');
}

async function endAll(folder: string): Promise<void> {
  await until(`nothing runs for ${folder}`, () => {
    const left = processesOf(folder);
    for (const { pid } of left) {
      assert.ok(pid > 1, `pid ${pid}`);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    return left.length === 0;
  });
}
