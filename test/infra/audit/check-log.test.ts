import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { LogCheck } from '../../../infra/audit/check-log.ts';
import { Findings } from '../../../infra/audit/findings.ts';
import type { EntryRead } from '../../../infra/audit/layout.ts';
import type { LogRecord } from '../../../infra/kafka/topic-log.ts';
import { entry, type Given, HOUR, JOURNAL } from './made-entries.ts';

const START = Date.UTC(2026, 10, 21, 10);

function click(offset: number, more: Partial<LogRecord> = {}, price = 10): LogRecord {
  const fields = { v: 1, clickId: 'c', advertiserId: 'a', adId: 'd', priceMicros: price };
  return { offset, time: START + offset, key: null, value: Buffer.from(JSON.stringify(fields)), ...more };
}

const rubbish = (offset: number) => click(offset, { value: Buffer.from('{') });
const sha = (record: LogRecord) =>
  createHash('sha256')
    .update(record.value ?? '')
    .digest('hex');
const fingerprint = ({ time, key, value }: LogRecord) =>
  createHash('sha256')
    .update(`${time} ${key?.length ?? 0} ${key ?? ''}${value ?? ''}`)
    .digest('hex')
    .slice(0, 16);

/** An entry whose newest record is at that offset. */
function at(newest: number, version: number, given: Given): EntryRead {
  return entry(version, { ...given, state: { newest: START + newest, ...given.state } });
}

function parks(of: EntryRead, record: LogRecord, reason: string, sha256 = sha(record)): EntryRead {
  return { ...of, parked: new Map([[record.offset, { reason, sha256 }]]) };
}

function check(entries: readonly EntryRead[], records: readonly LogRecord[], logStart = 0) {
  const findings = new Findings();
  const log = new LogCheck(findings, JOURNAL, entries, logStart);
  for (const record of records) log.take(record);
  assert.ok(findings.faults.every(({ journal }) => journal === JOURNAL));
  const faults = findings.faults.map(({ kind, what }) => `${kind}: ${what}`);
  return { faults, compared: log.compared, micros: log.micros };
}

const lines = (...numbers: number[]) => `{"${HOUR}":{"a":${JSON.stringify(numbers)}}}`;
const two = { offsets: '0-1', lines: lines(2, 20) };
const money = (is: string, log: string) => [`money: entry 1, ${HOUR} a: ${is}, by the log ${log}`];

describe('a journal against its log', () => {
  it('is compared record by record, in the order of offsets, whichever entry has them', () => {
    const entries = [at(6, 1, { offsets: '5-6', lines: lines(2, 20) }), at(6, 2, two)];

    assert.deepEqual(
      check(
        entries,
        [0, 1, 5, 6].map((offset) => click(offset)),
      ),
      {
        ...{ faults: [], compared: 4, micros: 40n },
      },
    );
  });

  it('leaves alone what no entry resolves', () => {
    const entries = [at(3, 1, { offsets: '0,3', lines: lines(2, 20) })];

    assert.deepEqual(
      check(
        entries,
        [0, 1, 2, 3, 4].map((offset) => click(offset)),
      ),
      {
        ...{ faults: [], compared: 2, micros: 20n },
      },
    );
  });

  const cases: readonly [string, EntryRead[], LogRecord[], string[]][] = [
    [
      'a click too few',
      [at(1, 1, { ...two, lines: lines(1, 20) })],
      [click(0), click(1)],
      money('1 click and 20 micros', '2 clicks and 20 micros'),
    ],
    [
      'a micro too many',
      [at(1, 1, { ...two, lines: lines(2, 21) })],
      [click(0), click(1)],
      money('2 clicks and 21 micros', '2 clicks and 20 micros'),
    ],
    [
      'no line',
      [at(1, 1, { ...two, lines: '{}' })],
      [click(0), click(1)],
      money('nothing', '2 clicks and 20 micros'),
    ],
    ['flags', [at(1, 1, { ...two, flagged: [1], lines: lines(2, 20, 1) })], [click(0), click(1)], []],
    [
      'flags that its line lacks',
      [at(1, 1, { ...two, flagged: [1] })],
      [click(0), click(1)],
      money('2 clicks and 20 micros', '2 clicks and 20 micros, 1 flagged'),
    ],
    [
      'a line that no record has',
      [at(1, 1, { ...two, lines: `{"${HOUR}":{"a":[2,20],"b":[0,0]}}` })],
      [click(0), click(1)],
      [`money: entry 1, ${HOUR} b: 0 clicks and 0 micros, by the log nothing`],
    ],
    [
      'what is no click',
      [at(1, 1, two)],
      [click(0), rubbish(1)],
      [
        'parked: offset 1 was counted by entry 1, and it is value.json',
        ...money('2 clicks and 20 micros', '1 click and 10 micros'),
      ],
    ],
    [
      'a newest time that no record has',
      [at(2, 1, two)],
      [click(0), click(1)],
      [`chain: entry 1 has state.newest ${START + 2}, by the log ${START + 1}`],
    ],
    [
      'the newest time of the entry before',
      [at(9, 1, two), at(9, 2, { offsets: '2', lines: lines(1, 10) })],
      [click(0, { time: START + 9 }), click(1), click(2)],
      [],
    ],
    [
      'an older time than the entry before',
      [at(9, 1, two), at(2, 2, { offsets: '2', lines: lines(1, 10) })],
      [click(0, { time: START + 9 }), click(1), click(2)],
      [`chain: entry 2 has state.newest ${START + 2}, by the log ${START + 9}`],
    ],
    ['a newest time after entries that have expired', [at(7, 2, two)], [click(0), click(1)], []],
    [
      'a fingerprint of what is there',
      [
        at(1, 1, {
          ...two,
          state: { marks: new Map([[0, fingerprint(click(0, { key: Buffer.from('k') }))]]) },
        }),
      ],
      [click(0, { key: Buffer.from('k') }), click(1)],
      [],
    ],
    [
      'a fingerprint of another key',
      [at(1, 1, { ...two, state: { marks: new Map([[0, fingerprint(click(0))]]) } })],
      [click(0, { key: Buffer.from('k') }), click(1)],
      [
        `fingerprint: offset 0 holds ${fingerprint(click(0, { key: Buffer.from('k') }))}, entry 1 counted ${fingerprint(click(0))}`,
      ],
    ],
    [
      'a fingerprint of another time, in two entries',
      [
        at(1, 1, { ...two, state: { marks: new Map([[1, 'x']]) } }),
        at(1, 2, { offsets: '2', void: '2', state: { marks: new Map([[1, 'y']]) } }),
      ],
      [click(0), click(1)],
      ['x', 'y'].map(
        (mark, i) => `fingerprint: offset 1 holds ${fingerprint(click(1))}, entry ${i + 1} counted ${mark}`,
      ),
    ],
    ['a parked record', [parks(at(0, 1, { offsets: '0' }), rubbish(0), 'value.json')], [rubbish(0)], []],
    [
      'a parked record without a value',
      [parks(at(0, 1, { offsets: '0' }), click(0, { value: null }), 'value.missing')],
      [click(0, { value: null })],
      [],
    ],
    [
      'a parked record with another digest',
      [parks(at(0, 1, { offsets: '0' }), rubbish(0), 'value.json', 'f')],
      [rubbish(0)],
      [`parked: offset 0 is parked with sha256 f, its value has ${sha(rubbish(0))}`],
    ],
    [
      'a parked record for another reason',
      [parks(at(0, 1, { offsets: '0' }), rubbish(0), 'value.utf8')],
      [rubbish(0)],
      ['parked: offset 0 is parked for value.utf8, by the contract it is value.json'],
    ],
    [
      'a parked click',
      [parks(at(0, 1, { offsets: '0' }), click(0), 'value.json')],
      [click(0)],
      ['parked: offset 0 is parked for value.json, and it is a click'],
    ],
    [
      'a click on which the fold threw',
      [parks(at(0, 1, { offsets: '0' }), click(0), 'fold.threw')],
      [click(0)],
      [],
    ],
    [
      'rubbish on which the fold is said to have thrown',
      [parks(at(0, 1, { offsets: '0' }), rubbish(0), 'fold.threw')],
      [rubbish(0)],
      ['parked: offset 0 is parked for fold.threw, by the contract it is value.json'],
    ],
    ['a click that was old', [parks(at(0, 1, { offsets: '0' }), click(0), 'record.old')], [click(0)], []],
    ['rubbish that was old', [parks(at(0, 1, { offsets: '0' }), rubbish(0), 'record.old')], [rubbish(0)], []],
    [
      'a record that was ahead, whose time is no newest',
      [parks(entry(1, { offsets: '0', state: { newest: -1 } }), click(0), 'record.ahead')],
      [click(0)],
      [],
    ],
    [
      'a parked click that was accepted',
      [parks(at(0, 1, { offsets: '0' }), click(0), 'value.json'), at(0, 2, { accepted: '0', settled: '0' })],
      [click(0)],
      [],
    ],
    [
      'a parked click that was applied',
      [
        parks(at(0, 1, { offsets: '0' }), click(0), 'value.json'),
        at(0, 2, { unparked: '0', lines: lines(1, 10) }),
      ],
      [click(0)],
      [],
    ],
    [
      'a parked click that was applied for another price',
      [
        parks(at(0, 1, { offsets: '0' }), click(0), 'value.json'),
        at(0, 2, { unparked: '0', lines: lines(1, 11) }),
      ],
      [click(0)],
      [`money: entry 2, ${HOUR} a: 1 click and 11 micros, by the log 1 click and 10 micros`],
    ],
    [
      'a click applied that an expired entry parked',
      [at(0, 2, { unparked: '0', lines: lines(1, 11) })],
      [click(0)],
      [`money: entry 2, ${HOUR} a: 1 click and 11 micros, by the log 1 click and 10 micros`],
    ],
  ];
  for (const [what, entries, records, expected] of cases)
    it(`is judged: ${what}`, () => {
      assert.deepEqual(check(entries, records).faults, expected);
    });

  it('counts each record once that an entry says it counted, parked or applied', () => {
    const parked = parks(at(0, 1, { offsets: '0' }), click(0), 'value.json');
    const applied = at(0, 2, { unparked: '0', lines: lines(1, 10) });

    assert.deepEqual(check([parked, applied], [click(0)]), { faults: [], compared: 1, micros: 10n });
    assert.deepEqual(check([applied], [click(0)]), { faults: [], compared: 1, micros: 10n });
  });

  it('holds an entry of which records have left the log to those that are left', () => {
    const left = (...numbers: number[]) =>
      check([at(7, 1, { ...two, lines: lines(...numbers) })], [click(1)], 1).faults;

    assert.deepEqual(left(2, 20), []);
    assert.deepEqual(left(2, 10), []);
    assert.deepEqual(left(2, 9), money('2 clicks and 9 micros', 'at least 1 click and 10 micros'));
    assert.deepEqual(left(0, 0), money('0 clicks and 0 micros', 'at least 1 click and 10 micros'));
  });
});
