import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Entry, emptyState } from '../../../shared/journal/journal.ts';
import {
  buildCheckpointItem,
  buildEntryItem,
  buildParkedKey,
  formatEntrySk,
  type Item,
  readCheckpointItem,
  readEntry,
  sealItem,
} from '../../../shared/journal/journal-items.ts';

const item: Item = {
  sk: { S: 'b' },
  pk: { S: 'a' },
  m: { M: { z: { N: '1' }, y: { S: '"' } } },
  n: { N: '2' },
};

describe('a seal', () => {
  it('is the digest of all else, by name, however the attributes are ordered', () => {
    const text = '[["m.y","\\""],["m.z","1"],["n","2"],["pk","a"],["sk","b"]]';
    const expected = createHash('sha256').update(text).digest('hex').slice(0, 32);

    assert.deepEqual(sealItem(item), { ...item, seal: { S: expected } });
    assert.equal(sealItem({ ...item, m: { M: { y: { S: '"' }, z: { N: '1' } } } })['seal']?.S, expected);
  });

  it('is made of an item of any depth', () => {
    const depth = 20_000;
    let deep: AttributeValue = { N: '1' };
    for (let n = 0; n < depth; n++) deep = { M: { m: deep } };
    const text = `[["m${'.m'.repeat(depth)}","1"]]`;

    const expected = createHash('sha256').update(text).digest('hex').slice(0, 32);
    assert.equal(sealItem({ m: deep })['seal']?.S, expected);
  });
});

const JOURNAL = 'ad_clicks@1#0';
const full: Entry = {
  changed: {
    offsets: [0, 4, 9, 9],
    void: [7, 8],
    unparked: [2, 2],
    accepted: { offsets: [5, 6], reason: 'never', who: 'Ann' },
    parked: [{ offset: 4, reason: 'value.json', sha256: 'ab' }],
    lines: '{"2026-11-21T10":{"adv-1":[3,30]}}',
    flags: [{ offset: 1, rule: 'velocity', score: 21.5 }],
  },
  state: {
    version: 42,
    resolved: [0, 9],
    openParked: 1,
    keys: 3,
    newest: 1_700_000_000_000,
    marks: [
      { offset: 0, fingerprint: '0123456789abcdef' },
      { offset: 9, fingerprint: 'fedcba9876543210' },
    ],
    carried: 'c',
    counted: undefined,
    totals: [3n, 30n],
  },
  by: { code: 'c1', request: 'r1', at: '2026-11-21T10:00:00.000Z' },
};
const fullState: Item = {
  version: { N: '42' },
  resolved: { S: '0-9' },
  newest: { N: '1700000000000' },
  marks: { S: '0:0123456789abcdef,9:fedcba9876543210' },
  clicks: { N: '3' },
  micros: { N: '30' },
  openParked: { N: '1' },
  keys: { N: '3' },
  carried: { S: 'c' },
};
/** An entry of nothing but records that were counted, which is nearly every one. */
const plain: Entry = {
  changed: { ...full.changed, void: [], unparked: [], accepted: undefined, parked: [], flags: [] },
  state: { ...full.state, openParked: 0, keys: 0, carried: '', marks: [] },
  by: full.by,
};

describe('an entry and a checkpoint as items (docs/ledger-layout.md)', () => {
  it('have exactly the attributes of the layout, whatever may be there being there', () => {
    assert.deepEqual(
      buildEntryItem(JOURNAL, full, 1_800_000_000),
      sealItem({
        pk: { S: JOURNAL },
        sk: { S: 'entry#0000000000000042' },
        changed: {
          M: {
            offsets: { S: '0-4,9' },
            lines: { S: full.changed.lines },
            void: { S: '7-8' },
            unparked: { S: '2' },
            accepted: { M: { offsets: { S: '5-6' }, reason: { S: 'never' }, who: { S: 'Ann' } } },
            parked: { S: '[[4,"value.json","ab"]]' },
            flags: { S: '[[1,"velocity",21.5]]' },
          },
        },
        state: { M: fullState },
        by: { M: { code: { S: 'c1' }, request: { S: 'r1' }, at: { S: '2026-11-21T10:00:00.000Z' } } },
        expires: { N: '1800000000' },
      }),
    );
    assert.deepEqual(
      buildCheckpointItem(JOURNAL, full.state),
      sealItem({
        pk: { S: `checkpoint#${JOURNAL}` },
        sk: { S: 'checkpoint' },
        through: { N: '42' },
        state: { M: fullState },
      }),
    );
    assert.deepEqual(buildParkedKey(JOURNAL, 7), {
      pk: { S: `parked#${JOURNAL}` },
      sk: { S: '0000000000000007' },
    });
    assert.equal(formatEntrySk(Number.MAX_SAFE_INTEGER), `entry#${Number.MAX_SAFE_INTEGER}`);
  });

  it('lack what an ordinary batch does not need', () => {
    const { changed, state } = buildEntryItem(JOURNAL, plain, 1);
    assert.deepEqual(Object.keys(changed?.M ?? {}), ['offsets', 'lines']);
    assert.deepEqual(Object.keys(state?.M ?? {}), [
      'version',
      'resolved',
      'newest',
      'marks',
      'clicks',
      'micros',
    ]);
  });

  it('read back as what was written', () => {
    for (const entry of [full, plain]) {
      assert.deepEqual(readEntry(buildEntryItem(JOURNAL, entry, 1)), entry);
      assert.deepEqual(readCheckpointItem(buildCheckpointItem(JOURNAL, entry.state)), entry.state);
    }
    assert.deepEqual(readCheckpointItem(buildCheckpointItem(JOURNAL, emptyState)), {
      version: 0,
      resolved: [],
      openParked: 0,
      keys: 0,
      newest: -1,
      marks: [],
      carried: '',
      counted: undefined,
      totals: [0n, 0n],
    });
  });

  it('are refused by key where a seal is missing or wrong, or a part is not of its kind', () => {
    const { seal, ...bare } = buildEntryItem(JOURNAL, full, 1);
    const state = (change: Item): Item => ({ state: { M: { ...fullState, ...change } } });
    const damages: [Item, RegExp][] = [
      [{ ...bare, seal: { S: '0'.repeat(32) } }, /its seal is of another content/],
      [{ ...bare, sk: { S: 'entry#0000000000000042' } }, /seal/],
      [sealItem({ ...bare, changed: { S: 'x' } }), /lacks a map/],
      [sealItem({ ...bare, ...state({ resolved: { N: '1' } }) }), /lacks a text/],
      [sealItem({ ...bare, ...state({ version: { S: '1' } }) }), /lacks a number/],
      [sealItem({ ...bare, ...state({ newest: { N: '1.5' } }) }), /holds 1\.5, not a safe integer/],
      [sealItem({ ...bare, ...state({ marks: { S: '12' } }) }), /not a mark: '12'/],
      [sealItem({ ...bare, ...state({ parked: { S: '1-2' } }) }), /names its parked offsets one by one/],
    ];
    assert.match(seal?.S ?? '', /^[0-9a-f]{32}$/);
    for (const [item, because] of damages)
      assert.throws(
        () => readEntry(item),
        (error) => {
          const { code, message } = error as { code: string; message: string };
          assert.equal(code, 'journal.damaged');
          assert.match(message, because);
          return message.includes('the item ["ad_clicks@1#0","entry#0000000000000042"]: ');
        },
      );
    const checkpoint = buildCheckpointItem(JOURNAL, full.state);
    assert.throws(
      () => readCheckpointItem({ ...checkpoint, through: { N: '43' } }),
      /journal\.damaged.*seal/,
    );
  });
});
