/** How a command refuses what it is given: one sentence, exit code 2, nothing on stdout. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { runCommand } from '../../infra/terminal/command.ts';

/** The sentence, without the name in front of it. */
export async function refusalOf(command: CommandUnknownOpts, given: readonly string[]): Promise<string> {
  const errors: string[] = [];
  const printed: unknown[] = [];
  const mocks = [
    mock.method(console, 'error', (text: unknown) => errors.push(String(text))),
    mock.method(console, 'log', (text: unknown) => printed.push(text)),
  ];
  try {
    assert.equal(await runCommand(command, given), 2, `${given.join(' ')}: ${errors.join('\n')}`);
  } finally {
    for (const each of mocks) each.mock.restore();
    process.exitCode = undefined;
  }
  assert.deepEqual(printed, []);
  const [sentence = ''] = errors;
  assert.match(sentence, /^clickledger: /);
  return sentence.replace('clickledger: ', '');
}
