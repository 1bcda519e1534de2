import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Damage, formatKey, type StoredItem } from '../../../infra/audit/attributes.ts';
import {
  readCheckpointItem,
  readEntryItem,
  readLineItem,
  readParkedItem,
} from '../../../infra/audit/layout.ts';

const JOURNAL = 'ad_clicks@1#0';
const HOUR = '2026-11-21T10';
const [A, B, SHA] = ['a'.repeat(16), 'b'.repeat(16), 'f'.repeat(64)];
const S = (text: string) => ({ S: text });
const N = (digits: number | string) => ({ N: String(digits) });

const state = {
  ...{
    version: N(2),
    resolved: S('0-6'),
    openParked: N(1),
    keys: N(3),
    newest: N(7),
    marks: S(`4:${A},5:${B}`),
  },
  ...{ carried: S('x'), clicks: N(5), micros: N('90071992547409930001') },
};
const changed = {
  offsets: S('4-6'),
  void: S('5'),
  unparked: S('3'),
  accepted: { M: { offsets: S('2,6'), reason: S('rubbish'), who: S('ann') } },
  parked: S(`[[4,"value.json","${SHA}"]]`),
  flags: S('[[3,"velocity",21]]'),
  lines: S(`{"${HOUR}":{"adv-9":[2,14],"adv-7":[1,1,1]}}`),
};
const entry: StoredItem = {
  ...{ pk: S(JOURNAL), sk: S('entry#0000000000000002') },
  ...{ changed: { M: changed }, state: { M: state } },
  ...{ by: { M: { code: S('c'), request: S('r'), at: S('t') } }, expires: N(9), seal: S('s') },
};
const checkpoint: StoredItem = {
  pk: S(`checkpoint#${JOURNAL}`),
  sk: S('checkpoint'),
  through: N(2),
  state: { M: state },
};
const line: StoredItem = {
  ...{ pk: S('advertiser#adv-7'), sk: S(`${HOUR}#${JOURNAL}`) },
  ...{ clicks: N(3), micros: N('90071992547409930001'), flagged: N(0), through: N(2) },
};
const parked: StoredItem = {
  ...{ pk: S(`parked#${JOURNAL}`), sk: S('0000000000000003'), version: N(1) },
  ...{ reason: S('value.json'), sha256: S(SHA), settled: N(2), expires: N(99) },
};

const stateRead = {
  ...{ version: 2, resolved: [[0, 6]], openParked: 1, keys: 3, newest: 7, carried: 'x' },
  marks: new Map([
    [4, A],
    [5, B],
  ]),
  ...{ clicks: 5n, micros: 90_071_992_547_409_930_001n },
};
const within = (name: 'changed' | 'state', changes: StoredItem): StoredItem => ({
  ...entry,
  [name]: { M: { ...entry[name]?.M, ...changes } },
});
/** Without one attribute. */
function less(item: StoredItem, name: string): StoredItem {
  const { [name]: _, ...left } = item;
  return left;
}

describe('an item of the layout', () => {
  it('is read whole, every digit of its money included (I6)', () => {
    const { lines, broken, ...read } = readEntryItem(entry);
    assert.deepEqual(
      [...lines.each()],
      [
        [`${HOUR} adv-9`, { clicks: 2n, micros: 14n, flagged: 0n }],
        [`${HOUR} adv-7`, { clicks: 1n, micros: 1n, flagged: 1n }],
      ],
    );
    assert.deepEqual(lines.sum, { clicks: 3n, micros: 15n, flagged: 1n });
    assert.match(broken ?? '', /^its seal is s, what it says has [0-9a-f]{32}$/);
    assert.deepEqual(read, {
      ...{ version: 2, expiresSeconds: 9, offsets: [[4, 6]], void: [[5, 5]], unparked: [[3, 3]] },
      accepted: [
        [2, 2],
        [6, 6],
      ],
      settled: [[2, 3]],
      parked: new Map([[4, { reason: 'value.json', sha256: SHA }]]),
      ...{ flagged: [3], state: stateRead, seal: 's' },
    });
    const { broken: unsealed, ...readCheckpoint } = readCheckpointItem(checkpoint);
    assert.deepEqual(readCheckpoint, { through: 2, state: stateRead });
    assert.match(unsealed ?? '', /^its seal is missing/);
    assert.deepEqual(readLineItem(line), {
      ...{ journal: JOURNAL, line: `${HOUR} adv-7`, through: 2 },
      ...{ clicks: 3n, micros: 90_071_992_547_409_930_001n, flagged: 0n },
    });
    const settled = { version: 2, expiresSeconds: 99 };
    const listed = { journal: JOURNAL, offset: 3, version: 1, reason: 'value.json', sha256: SHA };
    assert.deepEqual(readParkedItem(parked), { ...listed, settled });
  });

  it('may leave out what is there only if any', () => {
    const bare = {
      changed: { M: { offsets: S(''), lines: S('{}') } },
      state: { M: { ...less(less(less(state, 'openParked'), 'keys'), 'carried'), marks: S('') } },
    };
    const read = readEntryItem({ ...entry, ...bare });

    assert.deepEqual([read.offsets, read.void, read.settled, read.accepted], [[], [], [], []]);
    assert.deepEqual([read.parked.size, [...read.lines.each()].length, read.state.marks.size], [0, 0, 0]);
    assert.deepEqual([read.state.carried, read.state.openParked, read.state.keys], ['', 0, 0]);
    assert.equal(readParkedItem(less(less(parked, 'settled'), 'expires')).settled, undefined);
    const least = {
      ...state,
      version: N(1),
      openParked: N(1),
      keys: N(1),
      newest: N(-1),
      carried: S('x'.repeat(16_384)),
    };
    const one = readCheckpointItem({ ...checkpoint, through: N(0), state: { M: least } });
    assert.deepEqual([one.through, one.state.version, one.state.openParked, one.state.keys], [0, 1, 1, 1]);
    assert.deepEqual([one.state.newest, one.state.carried.length], [-1, 16_384]);
    assert.equal(readEntryItem({ ...entry, expires: N(0) }).expiresSeconds, 0);
    assert.equal(readLineItem({ ...line, through: N(1) }).through, 1);
    assert.equal(readParkedItem({ ...parked, settled: N(1) }).settled?.version, 1);
  });

  it('is called by its key, where it has one', () => {
    assert.equal(formatKey(line), `advertiser#adv-7 ${HOUR}#${JOURNAL}`);
    assert.equal(formatKey({ pk: N(7) }), '? ?');
  });
});

type Damaged = readonly [what: string, read: (item: StoredItem) => unknown, item: StoredItem, named: RegExp];

const damaged: readonly Damaged[] = [
  ['an entry without a change', readEntryItem, less(entry, 'changed'), /a map is missing/],
  ['an entry without a state', readEntryItem, less(entry, 'state'), /a map is missing/],
  ['an entry without offsets', readEntryItem, within('changed', { offsets: N(7) }), /a text is missing/],
  [
    'an entry without lines',
    readEntryItem,
    within('changed', { lines: { NULL: true } }),
    /a text is missing/,
  ],
  [
    'an entry of a short key',
    readEntryItem,
    { ...entry, sk: S('entry#2') },
    /its key is of version NaN, its state of 2/,
  ],
  [
    'an entry of another version',
    readEntryItem,
    within('state', { version: N(3) }),
    /of version 2, its state of 3/,
  ],
  ['offsets that are no set', readEntryItem, within('changed', { offsets: S('5-4') }), /'5-4' is no range/],
  ['void offsets that touch', readEntryItem, within('changed', { void: S('4,5') }), /ranges 4 and 5 touch/],
  [
    'resolved offsets that are no set',
    readEntryItem,
    within('state', { resolved: S('x') }),
    /'x' is no range/,
  ],
  ['lines that are no JSON', readEntryItem, within('changed', { lines: S('{') }), /JSON/],
  ['parked records that are no JSON', readEntryItem, within('changed', { parked: S('[') }), /JSON/],
  ...['[2]', '[2,1,0,0]', '[2.5,1]', '[2,-1]', '[2,"1"]', '[2,9007199254740992]'].map(
    (numbers): Damaged => [
      `a line of ${numbers}`,
      readEntryItem,
      within('changed', { lines: S(`{"${HOUR}":{"adv-7":${numbers}}}`) }),
      /the line 2026-11-21T10 adv-7 is \[2/,
    ],
  ),
  ['an attribute that is none', readEntryItem, { ...entry, more: N(1) }, /attribute 'more', which/],
  ['a change that is none', readEntryItem, within('changed', { flagz: S('[]') }), /attribute 'flagz'/],
  ['a line that expires', readLineItem, { ...line, expires: N(1) }, /attribute 'expires', which/],
  ['a checkpoint that expires', readCheckpointItem, { ...checkpoint, expires: N(1) }, /attribute 'expires'/],
  ['a mark of no offset', readEntryItem, within('state', { marks: S(`x:${A}`) }), /no offset with its/],
  ['a mark too short', readEntryItem, within('state', { marks: S('4:aa') }), /'4:aa' is no offset with its/],
  ['a digest too short', readEntryItem, within('changed', { parked: S('[[4,"r","ff"]]') }), /no parked/],
  ['a flag of nothing', readEntryItem, within('changed', { flags: S('[[3,"",1]]') }), /is no flag/],
  ['an hour that is none', readEntryItem, within('changed', { lines: S('{"2026-11-31T10":{}}') }), /no hour/],
  [
    'carried state without end',
    readEntryItem,
    within('state', { carried: S('x'.repeat(16_385)) }),
    /16385 bytes/,
  ],
  ['clicks below nothing', readLineItem, { ...line, clicks: N(-1) }, /less than nothing/],
  ['clicks in a text', readEntryItem, within('state', { clicks: S('5') }), /a whole number is missing/],
  [
    'micros with a fraction',
    readEntryItem,
    within('state', { micros: N('5.5') }),
    /a whole number is missing/,
  ],
  [
    'a time beyond all',
    readEntryItem,
    within('state', { newest: N('9007199254740992') }),
    /is no safe integer/,
  ],
  [
    'a checkpoint of no version',
    readCheckpointItem,
    less(checkpoint, 'through'),
    /a whole number is missing/,
  ],
  ['a checkpoint without a state', readCheckpointItem, less(checkpoint, 'state'), /a map is missing/],
  ['a line without flags', readLineItem, less(line, 'flagged'), /a whole number is missing/],
  ['a line of exponents', readLineItem, { ...line, micros: N('1e3') }, /a whole number is missing/],
  [
    'a line of no hour',
    readLineItem,
    { ...line, sk: S(`2026-11-21#${JOURNAL}`) },
    /none of a statement line/,
  ],
  ['a line of no journal', readLineItem, { ...line, sk: S(`${HOUR}#`) }, /none of a statement line/],
  ['an entry of a long key', readEntryItem, { ...entry, sk: S('entry#00000000000000020') }, /version NaN/],
  [
    'a parked record before all',
    readEntryItem,
    within('changed', { parked: S(`[[-1,"r","${SHA}"]]`) }),
    /no parked/,
  ],
  ['a flag before all', readEntryItem, within('changed', { flags: S('[[-1,"r",1]]') }), /is no flag/],
  ['a line of more than an hour', readLineItem, { ...line, sk: S(`#${HOUR}#${JOURNAL}`) }, /none of a/],
  ['a line through no version', readLineItem, { ...line, through: N(0) }, /0 is no safe integer from 1 on/],
  [
    'a state of no version',
    readCheckpointItem,
    { ...checkpoint, state: { M: { ...state, version: N(0) } } },
    /0 is no safe integer from 1 on/,
  ],
  ['no open records, and said so', readEntryItem, within('state', { openParked: N(0) }), /from 1 on/],
  ['no keys, and said so', readEntryItem, within('state', { keys: N(0) }), /from 1 on/],
  [
    'a time before all',
    readEntryItem,
    within('state', { newest: N(-2) }),
    /-2 is no safe integer from -1 on/,
  ],
  ['an end before all', readEntryItem, { ...entry, expires: N(-1) }, /-1 is no safe integer from 0 on/],
  ['a mark with more before it', readEntryItem, within('state', { marks: S(`x4:${A}`) }), /no offset with/],
  ['a mark too long', readEntryItem, within('state', { marks: S(`4:${A}a`) }), /no offset with its/],
  ['a digest too long', readEntryItem, within('changed', { parked: S(`[[4,"r","f${SHA}"]]`) }), /no parked/],
  [
    'two attributes that are none',
    readEntryItem,
    { ...entry, more: N(1), most: N(1) },
    /attribute 'more', which/,
  ],
  ['a parked record by no entry', readParkedItem, { ...parked, version: N(0) }, /from 1 on/],
  ['a parked record settled by no entry', readParkedItem, { ...parked, settled: N(0) }, /from 1 on/],
  ['a line of nobody', readLineItem, { ...line, pk: S('advertiser#') }, /none of a statement line/],
  ['a line of a stranger', readLineItem, { ...line, pk: S('advertiser#a#b') }, /none of a statement line/],
  ['a parked record of no offset', readParkedItem, { ...parked, sk: S('3') }, /none of a parked record/],
  [
    'a parked record beyond all',
    readParkedItem,
    { ...parked, sk: S('9'.repeat(16)) },
    /none of a parked record/,
  ],
  ['a parked record of no entry', readParkedItem, less(parked, 'version'), /a whole number is missing/],
  ['an open one that expires', readParkedItem, less(parked, 'settled'), /a whole number is missing/],
  ['a settled one that stays', readParkedItem, less(parked, 'expires'), /a whole number is missing/],
  ['parked offsets in a state', readEntryItem, within('state', { parked: S('3') }), /attribute 'parked'/],
  [
    'an acceptance of nobody',
    readEntryItem,
    within('changed', { accepted: { M: { offsets: S('6'), reason: S('r'), who: S(' ') } } }),
    /accepts offsets without a who/,
  ],
];

describe('damage', () => {
  for (const [what, read, item, named] of damaged) {
    it(`is ${what}, and named with its key`, () => {
      assert.throws(
        () => read(item),
        (error) => {
          assert.ok(error instanceof Damage, String(error));
          assert.ok(error.message.startsWith(`item ${formatKey(item)}: `), error.message);
          assert.match(error.message, named);
          return true;
        },
      );
    });
  }
});
