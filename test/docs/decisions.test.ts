/** The decision records: one head for all of them, and an index that has every one under its title. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

const FOLDER = new URL('../../docs/adr/', import.meta.url);
const PARTS = ['Status', 'Context', 'Options', 'Decision', 'Consequences', 'Measurements'];
const read = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8');
const records = readdirSync(FOLDER).filter((file) => file !== 'README.md');

/** What is wrong with the head of a record. */
function faultsOf(file: string, text: string): string[] {
  const number = Number(/^\d{4}(?=-[a-z0-9-]+\.md$)/.exec(file)?.[0]);
  const parts = Array.from(text.matchAll(/^## (.+)$/gm), ([, part]) => part);
  const bodies = text.split(/^## .+$/m).slice(1);
  return [
    ...(text.startsWith(`# ${number}. `) ? [] : [`does not begin with '# ${number}. '`]),
    ...(parts.join() === PARTS.join() ? [] : [`has the parts ${parts.join(', ')}`]),
    ...bodies.flatMap((body, i) => (body.trim() === '' ? [`says nothing under ${parts[i]}`] : [])),
    ...(/^## Status\n\n(Accepted|Superseded by \[)/m.test(text) ? [] : ['has a status of its own kind']),
  ];
}

describe('decision records', () => {
  for (const file of records)
    test(`${file} has the head of all`, () => assert.deepEqual(faultsOf(file, read(file)), []));

  test('a record with another head is found', () => {
    const right = `# 7. Title\n\n${PARTS.map((part) => `## ${part}\n\nAccepted.\n`).join('\n')}`;
    assert.deepEqual(faultsOf('0007-title.md', right), []);
    assert.equal(faultsOf('0008-title.md', right).length, 1);
    assert.equal(faultsOf('0007-title.md', right.replace('## Options', '## Weighed')).length, 1);
    assert.equal(faultsOf('0007-title.md', right.replace('Accepted.', 'Taken.')).length, 1);
    assert.equal(
      faultsOf('0007-title.md', right.replace(/## Context\n\nAccepted\./, '## Context')).length,
      1,
    );
  });

  test('the index has each record under its title, and nothing else', () => {
    const listed = Array.from(
      read('README.md').matchAll(/^\| \[(\d+)\]\((.+)\) \| (.+) \|$/gm),
      ([, number, file, title]) => [file, `# ${number}. ${title}`],
    );
    assert.ok(records.length > 0);
    assert.deepEqual(
      listed,
      records.map((file) => [file, read(file).split('\n')[0]]),
    );
  });
});
