import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Event, Events } from './events.ts';

const JOURNAL = 'ad_clicks@1#0';

function anEventFile(t: TestContext): { events: Events; file: string; written: () => Event[] } {
  const file = join(temporaryFolder(t), 'events.jsonl');
  const written = () => {
    const lines = readFileSync(file, 'utf8').split('\n');
    assert.equal(lines.pop(), '', 'the last line ends');
    return lines.map((line) => JSON.parse(line) as Event);
  };
  return { events: new Events(file), file, written };
}

describe('the events of a proof', () => {
  it('are counted by kind, in the order of the alphabet', (t) => {
    const { events } = anEventFile(t);

    for (const kind of ['put lost', 'committed', 'put lost']) events.add(kind);

    assert.deepEqual([events.count('put lost'), events.count('committed'), events.count('other')], [2, 1, 0]);
    assert.deepEqual(Object.entries(events.counts()), [
      ['committed', 1],
      ['put lost', 2],
    ]);
  });

  it('are found by an offset of their journal, in order, at both ends of each range', (t) => {
    const { events } = anEventFile(t);
    events.add('not committed', { journal: JOURNAL, offsets: '0-4711,4713,4720-5000' });
    events.add('committed', { journal: 'ad_clicks@1#1', offsets: '0-9999' });
    events.add('poison sent');
    events.add('committed', { journal: JOURNAL, offsets: '4712' });
    events.add('put lost', { journal: JOURNAL, offsets: '4711-4713' });

    const found = (offset: number) => events.around(JOURNAL, offset).map(({ n }) => n);

    assert.deepEqual([0, 4710, 4711, 4712, 4713].map(found), [[1], [1], [1, 5], [4, 5], [1, 5]]);
    assert.deepEqual([4714, 4719, 4720, 5000, 5001].map(found), [[], [], [1], [1], []]);
    assert.deepEqual(events.around('ad_clicks@2#0', 0), []);
  });

  it('of no journal are found by their time', (t) => {
    const { events } = anEventFile(t);
    let now = performance.now();
    t.mock.method(performance, 'now', () => now);
    for (const kind of ['one', 'two', 'three']) {
      events.add(kind);
      events.add('committed', { journal: JOURNAL, offsets: '7' });
      now += 1_000;
    }

    const [second] = events.between(900, 1_500);

    assert.equal(second?.kind, 'two');
    assert.equal(events.between(0, 1_500).length, 2);
  });

  it('of a journal without offsets are of no offset, the first neither', (t) => {
    const { events } = anEventFile(t);
    events.add('committed', { journal: JOURNAL, offsets: '' });
    events.add('committed', { journal: JOURNAL });

    assert.deepEqual(events.around(JOURNAL, 0), []);
  });

  it('are written as lines of JSON, numbered and in order of time, each once', (t) => {
    const { events, file, written } = anEventFile(t);
    events.add('said', { what: 'two\nlines' });
    events.add('committed', { journal: JOURNAL, offsets: '7' });
    assert.ok(!existsSync(file));

    events.flush();
    events.add('put lost');
    events.flush();
    events.flush();

    const rows = written();
    const at = rows.map((row) => row.at);
    assert.deepEqual(
      rows.map(({ at: _, ...row }) => row),
      [
        { n: 1, kind: 'said', what: 'two\nlines' },
        { n: 2, kind: 'committed', journal: JOURNAL, offsets: '7' },
        { n: 3, kind: 'put lost' },
      ],
    );
    assert.ok(
      at.every((ms, i) => Number.isInteger(ms) && ms >= (at[i - 1] ?? 0)),
      String(at),
    );
  });

  it('are written by themselves before they are too many', (t) => {
    const { events, written } = anEventFile(t);

    for (let n = 0; n < 501; n++) events.add('committed');

    assert.equal(written().length, 500);
    assert.equal(events.count('committed'), 501);
  });
});
