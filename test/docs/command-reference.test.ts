/** docs/commands.md is written from the option tables of the commands: `UPDATE=1` writes it anew. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { commands } from '../../infra/cli/main.ts';
import { helpOf } from '../support/help.ts';
import { root } from '../support/runtime-folder.ts';

const PAGE = join(root, 'docs/commands.md');

async function writtenPage(): Promise<string> {
  const sections: string[] = [];
  for (const [name, { load }] of Object.entries(commands))
    sections.push(`## ${name}\n\n\`\`\`\n${helpOf(await load()).trim()}\n\`\`\`\n`);
  return `# Commands

One command, \`npx clickledger\`, with a name after it. \`npm start -- …\` is \`npx clickledger start …\`. This page is what each says of itself with \`--help\`.

- \`--ledger\` names a ledger of the running local runtime. A ledger on AWS is named by \`--table\` and, where its log is read, \`--kafka\`, \`--topic\` and \`--group\`.
- \`--from-offset\` and \`--to-offset\`, \`--from-time\` and \`--to-time\` bound a range. Both ends are included. Times are UTC; a day means all of it.
- \`--json\` prints one JSON object, and nothing else, on stdout.
- Exit codes: 0 fine, 1 it found something, 2 it could not tell or the input is wrong, 130 interrupted.

${sections.join('\n')}`;
}

describe('the page of commands', () => {
  it('says what the commands say of themselves', async () => {
    const written = await writtenPage();
    if (process.env['UPDATE'] === '1') writeFileSync(PAGE, written);

    assert.equal(readFileSync(PAGE, 'utf8'), written, 'write it anew: UPDATE=1, with this test');
  });

  it('has a section for each command, each with its options and its exit codes', async () => {
    const written = await writtenPage();

    assert.equal(written.match(/^## /gm)?.length, Object.keys(commands).length);
    for (const [name, { load }] of Object.entries(commands)) {
      const help = helpOf(await load());
      assert.match(help, new RegExp(`^Usage: clickledger ${name} `));
      assert.match(help, /^Exit code: 0 \S.*; 2 could not tell, or the input is wrong; 130 interrupted\.$/m);
    }
  });
});
