import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GetItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { StoredItem } from '../../../infra/audit/attributes.ts';
import { auditLedger } from '../../../infra/audit/audit-ledger.ts';
import { Findings } from '../../../infra/audit/findings.ts';
import { parseJournalKey, readEntryItems, readProjections } from '../../../infra/audit/read-ledger.ts';
import type { Item } from '../../../shared/journal/journal-items.ts';
import { aRecord, records } from '../../support/builders.ts';
import { apply, roll } from '../../support/filled-ledger.ts';
import { type MemoryLedger, memoryLedger } from '../../support/memory-ledger.ts';
import { audit } from './audited-ledger.ts';

const JOURNAL = 'ad_clicks@1#0';
const keyed = (pk: string, sk: string, more: StoredItem = {}): Item => ({
  pk: { S: pk },
  sk: { S: sk },
  ...more,
});

type Asked = GetItemCommand | QueryCommand | ScanCommand;

/** A table whose scan is answered in pages of two items, and every request to it. */
function paged(ledger: MemoryLedger) {
  const asked: Asked[] = [];
  const items = [...ledger.memory.items.values()].flatMap((each) => [...each.values()]);
  const send = async (command: Asked): Promise<unknown> => {
    asked.push(command);
    if (!(command instanceof ScanCommand)) return ledger.memory.execute(command);
    const start = command.input.ExclusiveStartKey;
    const from =
      start === undefined
        ? 0
        : items.findIndex(({ pk, sk }) => pk?.S === start['pk']?.S && sk?.S === start['sk']?.S) + 1;
    const page = items.slice(from, from + 2);
    const last = page.at(-1);
    const isLast = last === undefined || from + 2 >= items.length;
    return { Items: page, ...(!isLast && { LastEvaluatedKey: { pk: last['pk'], sk: last['sk'] } }) };
  };
  return { access: { table: 'ledger', client: { send } as never }, asked, items };
}

async function filled(): Promise<MemoryLedger> {
  const ledger = memoryLedger();
  await apply(ledger, [...records(0, 3), aRecord({ offset: 3, text: '{' })]);
  await apply(ledger, records(0, 2, { partition: 1 }));
  await roll(ledger);
  return ledger;
}

describe('the key of a journal', () => {
  it('is topic, incarnation and partition, and nothing else', () => {
    assert.deepEqual(parseJournalKey('a@b@12#10'), { topic: 'a@b', incarnation: 12, partition: 10 });
    assert.deepEqual(parseJournalKey('t@1#0'), { topic: 't', incarnation: 1, partition: 0 });
    for (const name of ['', 't', '@1#0', 't@0#0', 't@01#0', 't@1#00', 't@1#', 't@1#0x', 't@1#0#', 't@#0'])
      assert.equal(parseJournalKey(name), undefined, name);
  });
});

describe('the reading of a ledger', () => {
  it('is consistent, in whole pages, and looks at the directory before all else and after it', async () => {
    const { access, asked, items } = paged(await filled());
    const findings = new Findings();

    const read = await readProjections(findings, access);
    const entries = await Array.fromAsync(readEntryItems(access, JOURNAL));

    assert.deepEqual(findings.faults, []);
    assert.ok(asked.every(({ input }) => input.ConsistentRead === true && input.TableName === 'ledger'));
    const kinds = asked.map((command) =>
      command instanceof QueryCommand
        ? (command.input.ExpressionAttributeValues?.[':pk']?.S ?? '')
        : command instanceof GetItemCommand
          ? 'checkpoint'
          : 'scan',
    );
    const scans = kinds.filter((kind) => kind === 'scan').length;
    assert.equal(scans, Math.ceil(items.length / 2));
    assert.deepEqual(kinds, [
      'journals',
      'checkpoint',
      'checkpoint',
      ...Array<string>(scans).fill('scan'),
      'journals',
      JOURNAL,
    ]);
    assert.equal(entries.length, 1);
    assert.deepEqual(
      read.map(({ journal, begun, listed, lines, parked, checkpoint }) => [
        journal,
        begun,
        listed,
        lines.length,
        parked.map(({ offset }) => offset),
        checkpoint?.through,
      ]),
      [
        [JOURNAL, true, true, 1, [3], 1],
        ['ad_clicks@1#1', true, true, 1, [], 1],
      ],
    );
  });

  it('takes a journal that is listed and has nothing for one that has not begun', async () => {
    const ledger = memoryLedger();
    ledger.memory.set(keyed('journals', JOURNAL));

    const [read] = await readProjections(new Findings(), paged(ledger).access);

    assert.deepEqual(read, {
      journal: JOURNAL,
      checkpoint: undefined,
      lines: [],
      parked: [],
      begun: false,
      listed: true,
      seen: '',
    });
  });

  const strays: readonly [item: Item, fault: string][] = [
    [
      keyed('journals', JOURNAL, { more: { N: '1' } }),
      `damage: ${JOURNAL}: item journals ${JOURNAL} is more than its key`,
    ],
    [keyed('journals', 'x'), 'damage: x: the directory lists no such name'],
    [keyed('whatever', 'x'), 'stray: whatever: item whatever x is of no kind that the layout has'],
    [
      keyed(JOURNAL, 'entry#1'),
      `stray: ${JOURNAL}: item ${JOURNAL} entry#1 is of no kind that the layout has`,
    ],
    [
      keyed(JOURNAL, 'entry#00000000000000010'),
      `stray: ${JOURNAL}: item ${JOURNAL} entry#00000000000000010 is of no kind that the layout has`,
    ],
    [
      keyed(JOURNAL, 'xentry#0000000000000001'),
      `stray: ${JOURNAL}: item ${JOURNAL} xentry#0000000000000001 is of no kind that the layout has`,
    ],
    [
      keyed('x', 'entry#0000000000000001'),
      'stray: x: item x entry#0000000000000001 is of no kind that the layout has',
    ],
    [
      keyed('checkpoint#x', 'checkpoint'),
      'stray: checkpoint#x: item checkpoint#x checkpoint is of no kind that the layout has',
    ],
    [
      keyed('xcheckpoint#y', 'checkpoint'),
      'stray: xcheckpoint#y: item xcheckpoint#y checkpoint is of no kind that the layout has',
    ],
    [
      keyed('t@1#7', 'entry#0000000000000001'),
      'stray: t@1#7: item t@1#7 entry#0000000000000001 is of this journal, and the directory lists none',
    ],
    [keyed('advertiser#a', 'x'), ': item advertiser#a x: its key is none of a statement line'],
    [
      keyed(`parked#${JOURNAL}`, 'x'),
      `damage: ${JOURNAL}: item parked#${JOURNAL} x: its key is none of a parked record`,
    ],
  ];
  for (const [item, fault] of strays)
    it(`names ${item['pk']?.S} ${item['sk']?.S}, which the layout has not`, async () => {
      const ledger = memoryLedger();
      ledger.memory.set(keyed('journals', JOURNAL));
      ledger.memory.set(item);
      const findings = new Findings();

      await readProjections(findings, paged(ledger).access);

      const faults = findings.faults.map(({ kind, journal, what }) => `${kind}: ${journal}: ${what}`);
      assert.deepEqual(faults, [fault.startsWith(':') ? `damage: ${fault}` : fault]);
    });
});

describe('the audit of several journals', () => {
  it('lists partitions by number, those without a journal among them', async () => {
    const ledger = memoryLedger();
    for (const partition of [10, 2]) await apply(ledger, records(0, 2, { partition }));
    const log = [2, 10].flatMap((partition) => records(0, 2, { partition }));

    const { partitions, faults } = await audit(ledger, {
      committed: Array.from({ length: 11 }),
      records: log,
    });

    assert.deepEqual(faults, []);
    assert.deepEqual(
      partitions.map(({ journal }) => journal),
      Array.from({ length: 11 }, (_, partition) => `ad_clicks@1#${partition}`),
    );
  });

  it('is of the newest incarnation that has begun and is listed', async () => {
    const ledger = await filled();
    ledger.memory.set(keyed('journals', 'ad_clicks@2#0'));
    ledger.memory.set(keyed('ad_clicks@3#0', 'entry#0000000000000001'));
    const current = async () =>
      (await audit(ledger, { committed: [4], records: records(0, 3) })).partitions.map(
        ({ journal }) => journal,
      );

    assert.deepEqual(await current(), [JOURNAL]);
    ledger.memory.set(keyed('ad_clicks@2#0', 'entry#0000000000000001'));
    assert.deepEqual(await current(), ['ad_clicks@2#0']);
  });

  it('takes lines without a checkpoint for a rollup under way, and no line for none', async () => {
    const ledger = await filled();
    const log = [...records(0, 3), aRecord({ offset: 3, text: '{' }), ...records(0, 2, { partition: 1 })];
    const passing = async () => (await audit(ledger, { committed: [4, 2], records: log })).passing;

    assert.deepEqual(await passing(), []);
    for (const partition of [0, 1]) ledger.memory.delete(`checkpoint#ad_clicks@1#${partition}`, 'checkpoint');
    const what = 'lines reach version 1, and there is no checkpoint';
    assert.deepEqual(
      await passing(),
      [0, 1].map((partition) => ({ journal: `ad_clicks@1#${partition}`, what })),
    );
    for (const partition of [0, 1])
      ledger.memory.delete('advertiser#adv-7', `2026-11-21T10#ad_clicks@1#${partition}`);
    assert.deepEqual(await passing(), []);
  });

  it('keeps a journal of an earlier log without an end of the log', async () => {
    const { journals } = await audit(await filled(), { committed: [0, 0], records: [] }, { incarnation: 2 });

    assert.deepEqual(journals.map(({ journal, logEnd }) => [journal, logEnd]).sort(), [
      ['ad_clicks@1#0', -1],
      ['ad_clicks@1#1', -1],
      ['ad_clicks@2#0', 0],
      ['ad_clicks@2#1', 0],
    ]);
  });

  it('tells how far it is over all partitions, also where the log grows meanwhile', async () => {
    const told: [number, number][] = [];
    let asked = 0;
    const log = {
      committed: async () => [undefined, undefined],
      // Grows by a thousand records of each partition after it was first looked at.
      bounds: async () => {
        asked += 1;
        const end = asked > 2 ? 2_500 : 1_500;
        return [
          { start: 500, end },
          { start: 500, end },
        ];
      },
      async *records() {
        for (let offset = 500; offset < 2_500; offset++) yield { offset, time: 1, key: null, value: null };
      },
    };

    const progress = (done: number, of: number) => void told.push([done, of]);
    await auditLedger(paged(memoryLedger()).access, log, 'ad_clicks', { progress });

    assert.deepEqual(told, [
      [0, 2_000],
      [1_000, 2_000],
      [2_000, 2_000],
      [3_000, 3_000],
      [4_000, 4_000],
    ]);
  });
});
