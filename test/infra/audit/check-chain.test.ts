import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkChain, checkCheckpoint, findTaken, findUnexpired } from '../../../infra/audit/check-chain.ts';
import { Findings } from '../../../infra/audit/findings.ts';
import type { CheckpointRead, EntryRead, StateRead } from '../../../infra/audit/layout.ts';
import { formatRanges } from '../../../infra/audit/offset-ranges.ts';
import { checkpointOf, entry, faultsOf, type Given, HOUR, JOURNAL } from './made-entries.ts';

describe('a chain of entries', () => {
  const mark = (...offsets: number[]) => new Map(offsets.map((offset) => [offset, 'a']));
  const lines = (clicks: number, flagged = 0) =>
    clicks === 0 ? '{}' : `{"${HOUR}":{"a":[${clicks},${clicks * 10},${flagged}]}}`;
  const first = entry(1, {
    ...{ offsets: '0-1', lines: lines(2), resolved: '0-1' },
    state: { clicks: 2n, micros: 20n, marks: mark(0, 1) },
  });
  const second = (given: Given = {}, more: Partial<StateRead> = {}) =>
    entry(2, {
      ...{ offsets: '2-3', lines: lines(2), resolved: '0-3', ...given },
      state: { clicks: 4n, micros: 40n, marks: mark(2, 3), ...more },
    });
  const stated = (name: string, is: string, should: string) =>
    `chain: entry 2 has state.${name} '${is}', by entry 1 before it and its own change it is '${should}'`;
  const gone = entry(3, { state: { clicks: 4n, micros: 40n, marks: mark(2, 3) }, resolved: '0-3' });

  const settles = (offsets: string): Given => ({ accepted: offsets, settled: offsets });
  const parksTwo = entry(1, {
    ...{ offsets: '3-4', parked: [3, 4], resolved: '3-4' },
    state: { openParked: 2, marks: mark(3, 4) },
  });
  const settlesTwo = entry(2, {
    ...settles('3-4'),
    resolved: '3-4',
    state: { marks: mark(3, 4), newest: 1 },
  });
  const settlesApplied = entry(2, {
    ...{ ...settles('0'), resolved: '0-1' },
    state: { clicks: 2n, micros: 20n, marks: mark(0, 1), newest: 1, openParked: -1 },
  });

  const cases: readonly [string, EntryRead[], CheckpointRead | undefined, string[]][] = [
    ['fits', [first, second()], undefined, []],
    ['begins after what has expired', [second()], checkpointOf(1, '0-1', { clicks: 2n, micros: 20n }), []],
    ['begins with the entry of the checkpoint', [second()], checkpointOf(2, '0-3'), []],
    ['lacks its first entry', [second()], undefined, ['chain: entries 1 to 1 are missing']],
    [
      'lacks an entry after the checkpoint',
      [gone],
      checkpointOf(1, '0-1'),
      ['chain: entries 2 to 2 are missing'],
    ],
    ['lacks an entry', [first, gone], undefined, ['chain: entries 2 to 2 are missing']],
    [
      'does not follow its checkpoint',
      [second()],
      checkpointOf(1, '0-1', { clicks: 1n, micros: 20n }),
      [stated('clicks', '4', '3')],
    ],
    ['counts a click too many', [first, second({}, { clicks: 5n })], undefined, [stated('clicks', '5', '4')]],
    [
      'counts a micro too few',
      [first, second({}, { micros: 39n })],
      undefined,
      [stated('micros', '39', '40')],
    ],
    [
      'counts open records wrong',
      [first, second({}, { openParked: 1 })],
      undefined,
      [stated('openParked', '1', '0')],
    ],
    [
      'counts a parked record',
      [first, second({ parked: [3], lines: lines(1) }, { openParked: 1, clicks: 3n, micros: 30n })],
      undefined,
      [],
    ],
    [
      'goes back in time',
      [first, second({}, { newest: 0 })],
      undefined,
      ['chain: entry 2 has a newest time before that of entry 1 before it'],
    ],
    ['stays at its time', [first, second({}, { newest: 1 })], undefined, []],
    [
      'changes what it carries with an entry that took none',
      [
        first,
        entry(2, {
          offsets: '2',
          void: '2',
          resolved: '0-2',
          state: { clicks: 2n, micros: 20n, marks: mark(0, 1), newest: 1, carried: 'x' },
        }),
      ],
      undefined,
      [stated('carried', 'x', '')],
    ],
    [
      'keeps all with an entry that took none',
      [
        first,
        entry(2, {
          offsets: '2',
          void: '2',
          resolved: '0-2',
          state: { clicks: 2n, micros: 20n, marks: mark(0, 1), newest: 1 },
        }),
      ],
      undefined,
      [],
    ],
    [
      'resolves what its state lacks',
      [first, second({ resolved: '0-2' })],
      undefined,
      ['chain: entry 2 resolves offsets 3, and its own state lacks them', stated('resolved', '0-2', '0-3')],
    ],
    [
      'parks what it does not resolve',
      [first, second({ parked: [4] })],
      undefined,
      ['chain: entry 2 parks or voids offsets 4, which it does not resolve', stated('openParked', '0', '1')],
    ],
    [
      'holds fewer clicks than it applies',
      [first, second({ lines: lines(1) }, { clicks: 3n, micros: 30n })],
      undefined,
      ['chain: entry 2 applies 2 offsets and its lines hold 1 click'],
    ],
    ['flags what it applies', [first, second({ lines: lines(2, 1), flagged: [3] })], undefined, []],
    [
      'flags more than its lines hold',
      [first, second({ flagged: [3] })],
      undefined,
      ['chain: entry 2 flags 1 click and its lines hold 0 flagged'],
    ],
    [
      'flags what it does not apply',
      [first, second({ lines: lines(2, 1), flagged: [1] })],
      undefined,
      ['chain: entry 2 flags offsets 1, which it does not apply'],
    ],
    [
      'has the fingerprint of its first record only',
      [first, second({}, { marks: mark(2) })],
      undefined,
      ['chain: entry 2 has fingerprints of offsets 2, its first and last are 2 and 3'],
    ],
    [
      'has one fingerprint of one record',
      [
        first,
        second(
          { offsets: '2', lines: lines(1), resolved: '0-2' },
          { marks: mark(2), clicks: 3n, micros: 30n },
        ),
      ],
      undefined,
      [],
    ],
    [
      'has a broken seal',
      [first, second({ broken: 'its seal is x' })],
      undefined,
      ['seal: entry 2: its seal is x'],
    ],
    [
      'counts the last offset twice',
      [first, second({ offsets: '1-2', resolved: '0-2' }, { marks: mark(1, 2) })],
      undefined,
      ['double: entry 2 counts offsets 1 again, after entry 1'],
    ],
    [
      'counts an offset twice that came later',
      [
        entry(1, {
          offsets: '5-9',
          lines: lines(5),
          resolved: '5-9',
          state: { clicks: 5n, micros: 50n, marks: mark(5, 9) },
        }),
        entry(2, {
          offsets: '4-6',
          lines: lines(3),
          resolved: '4-9',
          state: { clicks: 8n, micros: 80n, marks: mark(4, 6) },
        }),
      ],
      undefined,
      ['double: entry 2 counts offsets 5-6 again, after entry 1'],
    ],
    [
      'has a first entry that took none',
      [entry(1, { offsets: '0', void: '0', resolved: '0', state: { newest: -1 } })],
      undefined,
      [],
    ],
    ['settles what was parked', [parksTwo, settlesTwo], undefined, []],
    [
      'settles again what was settled',
      [
        parksTwo,
        settlesTwo,
        entry(3, {
          ...settles('4'),
          resolved: '3-4',
          state: { marks: mark(3, 4), newest: 1, openParked: -1 },
        }),
      ],
      undefined,
      ['double: entry 3 settles offset 4 again, after entry 2'],
    ],
    [
      'settles what was not parked',
      [first, settlesApplied],
      undefined,
      ['chain: entry 2 settles offset 0 as parked before, and it was not'],
    ],
    [
      'settles what an expired entry parked',
      [settlesApplied],
      checkpointOf(1, '0-1', { clicks: 2n, micros: 20n, marks: mark(0, 1) }),
      [],
    ],
    [
      'accepts what it parks',
      [
        first,
        second(
          { accepted: '3', parked: [3], lines: lines(1) },
          { openParked: 1, clicks: 3n, micros: 30n, marks: mark(2) },
        ),
      ],
      undefined,
      ['chain: entry 2 accepts offsets 3, which it parks, voids or applies'],
    ],
  ];
  for (const [what, entries, checkpoint, expected] of cases)
    it(what, () => {
      assert.deepEqual(
        faultsOf((findings) => checkChain(findings, JOURNAL, entries, checkpoint)),
        expected,
      );
    });

  it('takes the records that it applies or parks', () => {
    const given = entry(2, { offsets: '2-6', void: '3', accepted: '1,5', unparked: '0' });
    assert.equal(formatRanges(findTaken(given)), '0,2,4,6');
  });

  it('may lack entries before a hole that has expired, and no others', () => {
    const at = (version: number, expires: number) => entry(version, { expires, resolved: '' });
    const from = (entries: EntryRead[], through: number, now: number) =>
      findUnexpired(new Findings(), JOURNAL, entries, checkpointOf(through), now).map(
        ({ version }) => version,
      );

    assert.deepEqual(from([at(1, 100), at(3, 300), at(4, 400)], 4, 100), [3, 4]);
    assert.deepEqual(from([at(1, 101), at(3, 300), at(4, 400)], 4, 100), [1, 3, 4]);
    assert.deepEqual(from([at(1, 100), at(3, 300)], 2, 100), [3]);
    assert.deepEqual(from([at(1, 100), at(3, 300)], 1, 100), [1, 3]);
    assert.deepEqual(from([at(1, 100), at(2, 100), at(3, 100)], 3, 100), [1, 2, 3]);
    assert.deepEqual(from([at(1, 50), at(3, 60), at(5, 300)], 5, 100), [5]);
    assert.deepEqual(from([], 5, 100), []);
    const findings = new Findings();
    findUnexpired(
      findings,
      JOURNAL,
      [entry(1, { expires: 1, broken: 'it is broken' }), at(3, 300)],
      checkpointOf(3),
      100,
    );
    assert.deepEqual(findings.faults, [{ kind: 'seal', journal: JOURNAL, what: 'entry 1: it is broken' }]);
  });
});

describe('a checkpoint', () => {
  const two = [entry(1, { resolved: '0' }), entry(2, { resolved: '0-1', state: { clicks: 2n } })];
  const check = (given: CheckpointRead) =>
    faultsOf((findings) => checkCheckpoint(findings, JOURNAL, two, given));

  it('is the state of its entry', () => {
    assert.deepEqual(check(checkpointOf(2, '0-1', { clicks: 2n })), []);
    assert.deepEqual(check(checkpointOf(1, '0')), []);
    for (const [more, name, is, should] of [
      [{ clicks: 3n }, 'clicks', '3', '2'],
      [{ micros: 1n }, 'micros', '1', '0'],
      [{ keys: 1 }, 'keys', '1', '0'],
      [{ newest: 3 }, 'newest', '3', '2'],
      [{ carried: 'x' }, 'carried', 'x', ''],
      [{ openParked: 1 }, 'openParked', '1', '0'],
      [{ marks: new Map([[1, 'a']]) }, 'marks', '1,a', ''],
    ] as const)
      assert.deepEqual(check(checkpointOf(2, '0-1', { clicks: 2n, ...more })), [
        `checkpoint: state.${name} is '${is}', that of entry 2 is '${should}'`,
      ]);
    assert.deepEqual(check(checkpointOf(2, '0', { clicks: 2n })), [
      "checkpoint: state.resolved is '0', that of entry 2 is '0-1'",
    ]);
  });

  it('stands for no version after the newest entry, holds the state of its own, and has its seal', () => {
    assert.deepEqual(check(checkpointOf(3)), ['checkpoint: it is of version 3, and the newest entry is 2']);
    assert.deepEqual(check({ ...checkpointOf(2, '0-1', { clicks: 2n, version: 1 }) }), [
      'checkpoint: it is of version 2 and holds the state of 1',
    ]);
    assert.deepEqual(check({ ...checkpointOf(1, '0'), broken: 'its seal is x' }), [
      'seal: the checkpoint: its seal is x',
    ]);
  });
});
