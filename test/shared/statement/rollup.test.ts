import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../../shared/journal/journal-items.ts';
import { readCheckpoint } from '../../../shared/journal/journal-store.ts';
import { sumEntries } from '../../../shared/statement/project-entries.ts';
import { type RollupProgress, rollUp } from '../../../shared/statement/rollup.ts';
import { readStatement, wholePeriod } from '../../../shared/statement/statement.ts';
import { aRecord, records, START_MS } from '../../support/builders.ts';
import { type MemoryLedger, memoryLedger, steppedClock } from '../../support/memory-ledger.ts';
import type { Command } from '../../support/simulated-table.ts';
import { apply, broken, flagging } from './applied.ts';

const clock = steppedClock(START_MS);
const HOUR = '2026-11-21T10';

function line(ledger: MemoryLedger, advertiser = 'adv-7', journal = 'ad_clicks@1#0'): Item | undefined {
  return ledger.memory.get(`advertiser#${advertiser}`, `${HOUR}#${journal}`);
}

const idle: RollupProgress = { folded: 0, behind: 0, ageMs: 0, openGap: 0, openParked: 0, boundUsed: 0 };

describe('the rollup', () => {
  it('folds the entries since the checkpoint into statement lines and moves it', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3));
    await apply(ledger, records(3, 4));

    const progress = await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    assert.deepEqual(progress, { ...idle, folded: 2 });
    assert.deepEqual(line(ledger), {
      pk: { S: 'advertiser#adv-7' },
      sk: { S: `${HOUR}#ad_clicks@1#0` },
      clicks: { N: '7' },
      micros: { N: '1750000' },
      flagged: { N: '0' },
      through: { N: '2' },
    });
    assert.equal((await readCheckpoint(ledger, 'ad_clicks@1#0'))?.version, 2);
  });

  it('adds nothing when it runs again', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3));
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    const again = await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    assert.equal(again.folded, 0);
    assert.equal(line(ledger)?.['clicks']?.N, '3');
  });

  it('that died after its lines and before its checkpoint is finished by the next one without counting twice', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3));
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    ledger.memory.delete('checkpoint#ad_clicks@1#0', 'checkpoint');
    await apply(ledger, records(3, 4));

    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    assert.deepEqual([line(ledger)?.['clicks']?.N, line(ledger)?.['through']?.N], ['7', '2']);
  });

  it('that meets the lines of another run leaves what comes meanwhile to the next one', async () => {
    let meanwhile: (() => Promise<unknown>) | undefined;
    const ledger = memoryLedger(async (command) => {
      if (!(command instanceof UpdateItemCommand)) return;
      const come = meanwhile;
      meanwhile = undefined;
      await come?.();
    });
    await apply(ledger, records(0, 3));
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    ledger.memory.delete('checkpoint#ad_clicks@1#0', 'checkpoint');
    await apply(ledger, records(3, 4));
    meanwhile = () =>
      apply(ledger, [...records(7, 1), aRecord({ offset: 8, click: { advertiserId: 'adv-8' } })]);

    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    assert.deepEqual([line(ledger)?.['clicks']?.N, line(ledger)?.['through']?.N], ['7', '2']);
    assert.equal(line(ledger, 'adv-8'), undefined);
    assert.equal((await rollUp(ledger, clock, Number.POSITIVE_INFINITY)).folded, 1);
    assert.deepEqual([line(ledger)?.['clicks']?.N, line(ledger)?.['through']?.N], ['8', '3']);
    assert.equal(line(ledger, 'adv-8')?.['clicks']?.N, '1');
  });

  it('adds what the fold has flagged, beside clicks and money', async () => {
    const ledger = memoryLedger();
    for (const first of [0, 3]) await apply(ledger, records(first, 3), { fold: flagging });

    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    await apply(ledger, records(6, 1), { fold: flagging });
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    assert.deepEqual([line(ledger)?.['clicks']?.N, line(ledger)?.['flagged']?.N], ['7', '14']);
  });

  it('passes on a failure of the table as it is', async () => {
    const slow = new Error('too slow');
    const ledger = memoryLedger((command) => {
      if (command instanceof UpdateItemCommand) throw slow;
    });
    await apply(ledger, records(0, 3));

    const failure = await rollUp(ledger, clock, Number.POSITIVE_INFINITY).catch((error: unknown) => error);

    assert.ok(failure instanceof AggregateError);
    assert.equal((failure.errors[0] as Error).cause, slow);
  });

  it('lists parked records with reason and digest, and that they were applied after all', async () => {
    const ledger = memoryLedger();
    await apply(ledger, [aRecord({ offset: 1 })], { fold: broken });
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    const parked = ledger.memory.get('parked#ad_clicks@1#0', '0000000000000001');
    await apply(ledger, [aRecord({ offset: 1 })], { unpark: true });

    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    assert.equal(parked?.['reason']?.S, 'fold.threw');
    const applied = ledger.memory.get('parked#ad_clicks@1#0', '0000000000000001');
    assert.deepEqual([applied?.['reason']?.S, applied?.['settled']?.N], ['fold.threw', '2']);
  });

  it('stops at its deadline, says how many journals it left, and goes on from there', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3));
    await apply(ledger, records(0, 3, { partition: 1 }), { partition: 1 });

    assert.deepEqual(await rollUp(ledger, clock, clock.now()), { ...idle, behind: 2 });
    assert.deepEqual(await rollUp(ledger, clock, Number.POSITIVE_INFINITY), { ...idle, folded: 2 });
  });

  it('says how the ledger stands over all journals: open gaps, open parked records', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3));
    await apply(ledger, records(7, 2));
    await apply(ledger, [aRecord({ offset: 5, partition: 1 })], { partition: 1 });
    await apply(ledger, [aRecord({ offset: 9, partition: 1 })], { partition: 1, fold: broken });

    const first = await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    const quiet = await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    await apply(ledger, records(3, 4));
    await apply(ledger, [aRecord({ offset: 9, partition: 1 })], { partition: 1, unpark: true });
    const mended = await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    assert.deepEqual(first, { ...idle, folded: 4, openGap: 7, openParked: 1 });
    assert.deepEqual(quiet, { ...idle, openGap: 7, openParked: 1 });
    assert.deepEqual(mended, { ...idle, folded: 2, openGap: 3 });
  });

  it('that is behind says how old the newest record in statement lines is', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3));
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    await apply(ledger, records(3, 3));
    const later = steppedClock(START_MS + 60_000);

    const progress = await rollUp(ledger, later, later.now());

    assert.deepEqual(progress, { ...idle, behind: 1, ageMs: 60_000 - 2 });
  });

  it('of a journal that lacks an entry fails loudly, after all others were rolled up', async () => {
    const ledger = memoryLedger();
    for (const first of [0, 3, 6]) await apply(ledger, records(first, 3));
    await apply(ledger, records(0, 3, { partition: 1 }), { partition: 1 });
    ledger.memory.delete('ad_clicks@1#0', 'entry#0000000000000002');

    const reported: RollupProgress[] = [];
    const failure = await rollUp(ledger, clock, Number.POSITIVE_INFINITY, (progress) =>
      reported.push({ ...progress }),
    ).catch((error: unknown) => error);

    assert.ok(failure instanceof AggregateError);
    assert.deepEqual(reported, [{ ...idle, folded: 1, behind: 1 }]);
    assert.match(String((failure.errors[0] as Error).cause), /journal\.torn/);
    assert.equal(line(ledger, 'adv-7', 'ad_clicks@1#1')?.['clicks']?.N, '3');
    assert.equal(line(ledger), undefined);
  });

  it('keeps sums exact beyond 2^53 (I6)', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 1));
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    ledger.memory.set({ ...(line(ledger) as Item), micros: { N: '90071992547409930001' } });
    await apply(ledger, records(1, 1));

    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    assert.equal(line(ledger)?.['micros']?.N, '90071992547410180001');
  });
});

/** Reads the time from the updates of lines: ten milliseconds for as many as are under way at once. */
function busyLedger() {
  const at = { updates: 0 };
  const ledger = memoryLedger((command) => {
    if (command instanceof UpdateItemCommand) at.updates += 1;
  });
  const now = () => START_MS + Math.floor(at.updates / 32) * 10;
  return {
    ledger,
    at,
    clockWith: (random: number) => ({ ...steppedClock(START_MS), now, random: () => random }),
  };
}

/** Entries of new advertisers: each click is a line. */
async function flood(ledger: MemoryLedger, partition: number, entries: number): Promise<void> {
  const advertiserId = (offset: number) => `flood-${partition}-${offset}`;
  for (let first = 0; first < entries * 4_000; first += 4_000) {
    const given = records(first, 4_000, { partition }).map(({ offset }) =>
      aRecord({ partition, offset, timestamp: START_MS, click: { advertiserId: advertiserId(offset) } }),
    );
    await apply(ledger, given, { partition });
  }
}

describe('runs of the rollup', () => {
  for (const random of [0, 0.3, 0.6, 0.99])
    it(`let a journal with more lines than there is time for hold up no other, begun at ${random}`, async () => {
      const { ledger, at, clockWith } = busyLedger();
      await flood(ledger, 1, 5);
      for (const partition of [0, 2, 3])
        for (const first of [0, 3]) await apply(ledger, records(first, 3, { partition }), { partition });
      ledger.sent.length = 0;
      const clock = clockWith(random);

      const progress = await rollUp(ledger, clock, clock.now() + 1_000);

      const checkpoints = ledger.sent.flatMap((command, index) =>
        command instanceof PutItemCommand && command.input.Item?.['sk']?.S === 'checkpoint'
          ? [{ journal: command.input.Item['pk']?.S?.replace('checkpoint#', ''), index }]
          : [],
      );
      assert.ok(
        at.updates >= 20_000 && clock.now() > START_MS + 1_000,
        'the flood takes longer than there is time',
      );
      for (const partition of [0, 2, 3]) {
        const { index = Number.POSITIVE_INFINITY } =
          checkpoints.find(({ journal }) => journal === `ad_clicks@1#${partition}`) ?? {};
        assert.ok(index < 1_000, `journal ${partition} has its checkpoint after ${index} requests`);
        assert.equal(line(ledger, 'adv-7', `ad_clicks@1#${partition}`)?.['clicks']?.N, '6');
      }
      assert.deepEqual(progress, { ...idle, folded: 11 });
    });

  it('give a journal one pass at a time, so that none is first twice', async () => {
    const { ledger, clockWith } = busyLedger();
    for (const partition of [0, 1, 2])
      for (let offset = 0; offset < 1_001; offset++)
        await apply(ledger, [aRecord({ partition, offset })], { partition });
    ledger.sent.length = 0;

    await rollUp(ledger, clockWith(0), Number.POSITIVE_INFINITY);

    const begun = ledger.sent.flatMap((command) =>
      command instanceof GetItemCommand ? [command.input.Key?.['pk']?.S?.at(-1)] : [],
    );
    assert.deepEqual(begun, ['0', '1', '2', '0', '1', '2']);
    const checkpoints = ledger.sent.filter((command) => command instanceof PutItemCommand);
    const moved = checkpoints.map(({ input }) => input.Item?.['through']?.N);
    assert.deepEqual(moved.sort(), ['1000', '1000', '1000', '1001', '1001', '1001']);
  });

  it('share the work when they overlap: each line is added about once', async () => {
    const ledger = memoryLedger();
    for (let partition = 0; partition < 12; partition++)
      await apply(
        ledger,
        Array.from({ length: 50 }, (_, n) =>
          aRecord({ partition, offset: n, click: { advertiserId: `adv-${n}` } }),
        ),
        { partition },
      );
    ledger.sent.length = 0;
    const at = (random: number) => ({ ...clock, random: () => random });

    const runs = [
      rollUp(ledger, at(0), Number.POSITIVE_INFINITY),
      rollUp(ledger, at(0.5), Number.POSITIVE_INFINITY),
    ];
    const [one, other] = await Promise.all(runs);

    const updates = ledger.sent.filter((command) => command instanceof UpdateItemCommand).length;
    assert.ok(updates >= 600 && updates < 800, `${updates} updates of 600 lines`);
    assert.ok((one?.folded ?? 0) >= 4 && (other?.folded ?? 0) >= 4);
    for (let n = 0; n < 50; n++)
      assert.deepEqual(await readStatement(ledger, `adv-${n}`, wholePeriod, true), [
        { hour: HOUR, sums: { clicks: 12n, micros: 12n * 250_000n }, flagged: 0n },
      ]);
  });

  it('have at most 48 requests under way at once, and those that wait go in turn', async () => {
    const ledger = memoryLedger();
    for (const partition of [0, 1])
      await apply(
        ledger,
        Array.from({ length: 100 }, (_, n) =>
          aRecord({ partition, offset: n, click: { advertiserId: `adv-${String(n).padStart(3, '0')}` } }),
        ),
        { partition },
      );
    const lines: string[][] = [[], []];
    const waiting: (() => void)[] = [];
    let most = 0;
    const send = async (command: Command) => {
      if (command instanceof UpdateItemCommand) {
        const { pk, sk } = command.input.Key ?? {};
        lines[Number(sk?.S?.at(-1))]?.push(pk?.S ?? '');
      }
      await new Promise<void>((answer) => {
        waiting.push(answer);
        most = Math.max(most, waiting.length);
        if (waiting.length > 1) return;
        setImmediate(() => {
          for (const go of waiting.splice(0)) go();
        });
      });
      return ledger.memory.execute(command);
    };

    await rollUp(
      { ...ledger, client: { send } as unknown as MemoryLedger['client'] },
      clock,
      Number.POSITIVE_INFINITY,
    );

    assert.equal(most, 48);
    for (const sent of lines) {
      assert.equal(sent.length, 100);
      assert.deepEqual(sent, sent.toSorted());
    }
  });
});

describe('a pass of the rollup', () => {
  it('ends with the entry at which lines and parked records are 200,000', async () => {
    const ledger = memoryLedger();
    ledger.memory.pageSize = 60;
    const entry = (first: number, count: number, from: number) =>
      apply(
        ledger,
        Array.from({ length: count }, (_, n) =>
          aRecord({ offset: first + n, timestamp: START_MS, click: { advertiserId: `adv-${from + n}` } }),
        ),
      );
    for (let n = 0; n < 49; n++) await entry(n * 4_000, 4_000, n * 4_000);
    await entry(196_000, 3_998, 196_000);
    await apply(ledger, [aRecord({ offset: 199_998 })], { fold: broken });
    await entry(199_999, 1, 199_998);
    await entry(200_000, 1, 0);

    const first = await sumEntries(ledger, 'ad_clicks@1#0', 0);
    const second = await sumEntries(ledger, 'ad_clicks@1#0', 52);

    assert.deepEqual([first.sums.size, first.parkings.length], [199_999, 1]);
    assert.deepEqual([first.reached?.version, first.toTheHead], [52, false]);
    assert.deepEqual([second.reached?.version, second.toTheHead], [53, true]);
  });
});
