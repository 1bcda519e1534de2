import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WriteStream } from 'node:tty';
import { LiveDisplay } from '../../../infra/start/live-display.ts';
import type { LiveGroup } from '../../../infra/start/live-lines.ts';

const groups = (clicks: bigint): LiveGroup[] => {
  const partition = {
    owner: 1,
    committed: 5,
    end: 5,
    clicks,
    micros: clicks,
    parked: 0,
    applied: 5,
    gaps: 0,
    committedThen: 5,
  };
  const partitions = [0, 1].map((number) => ({ ...partition, partition: number }));
  return [{ groupId: 'billing-service', partitions }];
};

const ESCAPE = '\u001b';
/** So many rows up; erase what is below; a line. */
const drawn = new RegExp(`${ESCAPE}\\[(\\d+)A|(${ESCAPE}\\[J)|([^\\n${ESCAPE}]*)\\n`, 'g');

/** What a terminal of so many columns shows after all that was written. */
class Screen {
  readonly isTTY = true;
  columns: number | undefined;
  readonly rows: number | undefined;
  lines: string[] = [];

  constructor(columns: number | undefined, rows?: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    for (const [, up, erase, line] of text.matchAll(drawn)) {
      if (up !== undefined) this.#row = Math.max(this.#top, this.#row - Number(up));
      else if (erase !== undefined) this.lines.splice(this.#row);
      else for (const part of this.#wrapped(line ?? '')) this.lines[this.#row++] = part;
      this.#deepest = Math.max(this.#deepest, this.#row);
    }
    return true;
  }

  #row = 0;
  #deepest = 0;

  /** The first row that is on the screen: no cursor goes above it. */
  get #top(): number {
    return this.rows === undefined ? 0 : Math.max(0, this.#deepest - this.rows + 1);
  }

  #wrapped(line: string): string[] {
    const width = this.columns || 80;
    return line.length <= width ? [line] : [line.slice(0, width), ...this.#wrapped(line.slice(width))];
  }
}

const on = (stream: object) => new LiveDisplay(stream as WriteStream);

describe('the live display', () => {
  it('redraws the table in its place in a terminal, under the messages', () => {
    const screen = new Screen(120);
    const display = on(screen);

    display.say('Kafka is here');
    display.show(groups(1_000_000n), 0);
    display.show(groups(2_000_000n), 500);
    display.say('a poller has ended');
    display.show(groups(3_000_000n), 1_000);

    assert.equal(screen.lines.length, 6);
    assert.deepEqual(screen.lines.slice(0, 2), ['Kafka is here', 'a poller has ended']);
    assert.match(screen.lines[2]!, /^group /);
    assert.match(screen.lines[3]!, /^billing-service {2}2 of 2 .* 6\.00 /);
    assert.match(screen.lines[4]!, /^ {2}partition 0 .* 3\.00 /);
  });

  for (const columns of [20, 40, 82, undefined, 0]) {
    it(`stays within a terminal of ${columns} columns, where a wrapped row would not be redrawn in place`, () => {
      const screen = new Screen(columns);
      const display = on(screen);

      for (let at = 0; at < 5; at++) display.show(groups(1_000_000n), at);

      assert.equal(screen.lines.length, 4);
      for (const line of screen.lines) assert.ok(line.length > 0 && line.length < (columns || 80), line);
    });
  }

  for (const rows of [undefined, 24, 40])
    it(`never scrolls in ${rows} rows, however many partitions there are, and keeps its last line in sight`, () => {
      const screen = new Screen(80, rows);
      const display = on(screen);
      const partitions = Array.from({ length: 300 }, (_, partition) => ({
        ...groups(1_000_000n)[0]!.partitions[0]!,
        partition,
      }));
      display.keepBelow('Open http://127.0.0.1:1');

      for (let at = 0; at < 10; at++) display.show([{ groupId: 'billing-service', partitions }], at * 500);

      // The cursor is below them.
      assert.equal(screen.lines.length, (rows ?? 24) - 1);
      assert.match(screen.lines[0]!, /^group /);
      assert.equal(screen.lines.at(-1), 'Open http://127.0.0.1:1');
    });

  it('shows each topic that no group reads below the table, within the screen', () => {
    const screen = new Screen(80, 24);
    const display = on(screen);
    const partitions = Array.from({ length: 300 }, (_, partition) => ({
      ...groups(1_000_000n)[0]!.partitions[0]!,
      partition,
    }));
    display.keepBelow('Open http://127.0.0.1:1');
    const unread = [{ topic: 'ad_impressions', records: 12_345 }];

    for (let at = 0; at < 3; at++)
      display.show([{ groupId: 'billing-service', partitions }], at * 500, unread);

    assert.equal(screen.lines.length, 23);
    assert.deepEqual(screen.lines.slice(-2), [
      'ad_impressions: 12,345 records, no group reads it',
      'Open http://127.0.0.1:1',
    ]);
  });

  it('fills the screen without a last line, too', () => {
    const screen = new Screen(80, 10);
    const display = on(screen);
    const [group] = groups(1n);
    const partitions = Array.from({ length: 30 }, (_, partition) => ({
      ...group!.partitions[0]!,
      partition,
    }));

    display.show([{ groupId: 'billing-service', partitions }], 0);

    assert.equal(screen.lines.length, 9);
  });

  it('cuts a last line that would wrap, and says it once where there is no terminal', () => {
    const screen = new Screen(20, 10);
    const display = on(screen);
    display.keepBelow('Open http://127.0.0.1:12345');
    display.show(groups(1n), 0);
    assert.equal(screen.lines.at(-1), 'Open http://127.0.0');

    let text = '';
    const log = on({ isTTY: false, write: (more: string) => (text += more) });
    log.keepBelow('Open http://127.0.0.1:12345');
    log.show(groups(1n), 10_000);
    assert.match(text, /^Open http:\/\/127\.0\.0\.1:12345\ngroup .*\nbilling-service /);
  });

  it('leaves the last table on the screen at the end', () => {
    const screen = new Screen(120);
    const display = on(screen);
    display.show(groups(1n), 0);

    display.end();
    display.say('Stopping …');

    assert.equal(screen.lines.length, 5);
    assert.equal(screen.lines[4], 'Stopping …');
  });

  it('prints the table every three seconds and no escapes where there is no terminal', () => {
    let text = '';
    const display = on({ isTTY: false, columns: undefined, write: (more: string) => (text += more) });

    for (let now = 10_000; now < 16_500; now += 500) display.show(groups(1n), now);
    display.say('Stopping …');

    assert.equal(text.match(/^group /gm)?.length, 3);
    assert.ok(text.endsWith('\nStopping …\n'));
    assert.ok(!text.includes(ESCAPE));
  });
});
