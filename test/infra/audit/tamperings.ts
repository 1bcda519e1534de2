/** What somebody who tampers with a table may do to it, and as what the audit has to find it. */
import assert from 'node:assert/strict';
import type { FaultKind } from '../../../infra/audit/findings.ts';
import { formatEntrySk, type Item } from '../../../shared/journal/journal-items.ts';
import type { MemoryLedger } from '../../support/memory-ledger.ts';

export const JOURNAL = 'ad_clicks@1#0';
const HOUR = '2026-11-21T10';

/** Writes an item anew as somebody would who tampers with the table. */
function damage(ledger: MemoryLedger, pk: string, sk: string, from: string, to: string): void {
  const standing = JSON.stringify(ledger.memory.get(pk, sk));
  assert.ok(standing.includes(from), `the damage hits something: ${standing}`);
  ledger.memory.set(JSON.parse(standing.replace(from, to)) as Item);
}

const lineOf = ['advertiser#adv-7', `${HOUR}#${JOURNAL}`] as const;
const parkedOf = [`parked#${JOURNAL}`, '0000000000000003'] as const;

type Tampering = readonly [
  what: string,
  tamper: (ledger: MemoryLedger) => unknown,
  kind: FaultKind,
  named: RegExp,
];

const entry = (from: string, to: string) => (ledger: MemoryLedger) =>
  damage(ledger, JOURNAL, formatEntrySk(2), from, to);
const rolled = (from: string, to: string) => (ledger: MemoryLedger) =>
  damage(ledger, JOURNAL, formatEntrySk(1), from, to);
const checkpoint = (from: string, to: string) => (ledger: MemoryLedger) =>
  damage(ledger, `checkpoint#${JOURNAL}`, 'checkpoint', from, to);
const line = (from: string, to: string) => (ledger: MemoryLedger) => damage(ledger, ...lineOf, from, to);

/** Of the ledger that `audit-ledger.test.ts` fills. */
export const tamperings: readonly Tampering[] = [
  [
    'money in the lines of an entry',
    entry('[2,14]', '[2,15]'),
    'money',
    /entry 2, 2026-11-21T10 adv-9: 2 clicks and 15 micros, by the log 2 clicks and 14/,
  ],
  [
    'money moved to another advertiser',
    entry('adv-9', 'adv-8'),
    'money',
    /adv-8: 2 clicks and 14 micros, by the log nothing/,
  ],
  [
    'money moved to another hour',
    entry('2026-11-21T10\\', '2026-11-21T11\\'),
    'money',
    /2026-11-21T11 adv-9/,
  ],
  [
    'an advertiser added to an entry',
    entry('[2,14]', '[2,14],\\"adv-0\\":[0,0]'),
    'money',
    /adv-0: 0 clicks and 0 micros, by the log nothing/,
  ],
  [
    'a click too many in an entry',
    entry('[2,14]', '[3,14]'),
    'chain',
    /applies 2 offsets and its lines hold 3 clicks/,
  ],
  [
    'the total of micros',
    entry('"750014"', '"750015"'),
    'chain',
    /entry 2 has state.micros '750015', .* '750014'/,
  ],
  [
    'an offset taken from the resolved set',
    entry('"0-5"', '"0-4"'),
    'chain',
    /state.resolved '0-4', .* '0-5'/,
  ],
  [
    'an offset added to the resolved set',
    entry('"0-5"', '"0-6"'),
    'phantom',
    /the log has no record at offsets 6,/,
  ],
  ['an offset taken from an entry', entry('"4-5"', '"5"'), 'chain', /applies 1 offset and its lines hold 2/],
  [
    'offsets that an entry counts again',
    entry('"4-5"', '"2-5"'),
    'double',
    /entry 2 counts offsets 2-3 again/,
  ],
  ['a set that is none', entry('"4-5"', '"5-4"'), 'damage', /'5-4' is no range of offsets/],
  ['a fingerprint', tamperMark, 'fingerprint', /offset 4 holds .* entry 2 counted/],
  ['the newest time', entry('"newest":{"N":"1', '"newest":{"N":"2'), 'chain', /has state.newest 2/],
  [
    'the version in the state',
    entry('"version":{"N":"2"}', '"version":{"N":"3"}'),
    'damage',
    /its key is of version 2, its state of 3/,
  ],
  [
    'the reason of a parked record',
    rolled('value.json', 'value.utf8'),
    'parked',
    /offset 3 is parked for value.utf8, by the contract it is value.json/,
  ],
  ['the digest of a parked record', tamperDigest, 'parked', /offset 3 is parked with sha256/],
  [
    'an entry removed',
    (ledger) => ledger.memory.delete(JOURNAL, formatEntrySk(1)),
    'chain',
    /entries 1 to 1 are gone, and the records of their offsets 0-3 are still/,
  ],
  [
    'the newest entry removed',
    (ledger) => ledger.memory.delete(JOURNAL, formatEntrySk(2)),
    'missing',
    /not counted: 2 records, offsets 4-5, committed 6/,
  ],
  [
    'micros of the checkpoint',
    checkpoint('"750000"', '"750001"'),
    'checkpoint',
    /state.micros is '750001', that of entry 1 is '750000'/,
  ],
  [
    'the version of the checkpoint',
    checkpoint('"through":{"N":"1"}', '"through":{"N":"9"}'),
    'checkpoint',
    /it is of version 9/,
  ],
  [
    'micros of a statement line',
    line('"750000"', '"750001"'),
    'statement',
    /2026-11-21T10 adv-7 has 3 clicks and 750001 micros/,
  ],
  [
    'the version of a statement line',
    line('"through":{"N":"1"}', '"through":{"N":"2"}'),
    'statement',
    /adv-7 claims version 2, and entry 2 has nothing of it/,
  ],
  [
    'a version of a line that does not exist',
    line('"through":{"N":"1"}', '"through":{"N":"9"}'),
    'statement',
    /claims version 9, the newest is 2/,
  ],
  [
    'a statement line removed',
    (ledger) => ledger.memory.delete(...lineOf),
    'statement',
    /adv-7 has no line, entry 1 has 3 clicks/,
  ],
  [
    'a statement line of nobody',
    line('advertiser#adv-7', 'advertiser#adv-0'),
    'statement',
    /adv-0 has 3 clicks and 750000 micros, 0 flagged; its entries up to 1 have 0 clicks/,
  ],
  [
    'a statement line under an illegal key',
    line('advertiser#adv-7', 'advertiser#'),
    'damage',
    /its key is none of a statement line/,
  ],
  [
    'a statement line of a journal that does not exist',
    line('@1#0"', '@1#7"'),
    'stray',
    /item advertiser#adv-7 2026-11-21T10#ad_clicks@1#7 is of this journal, and the directory lists none/,
  ],
  [
    'a parked record that is not listed',
    (ledger) => ledger.memory.delete(...parkedOf),
    'parked',
    /offset 3 is parked by entry 1 and not listed/,
  ],
  [
    'a reason in the list',
    (ledger) => damage(ledger, ...parkedOf, 'value.json', 'value.utf8'),
    'parked',
    /offset 3 is listed for value.utf8/,
  ],
];

/** The first digit of the fingerprint of offset 4. */
function tamperMark(ledger: MemoryLedger): void {
  const marks = ledger.memory.get(JOURNAL, formatEntrySk(2))?.['state']?.M?.['marks']?.S ?? '';
  const flipped = marks.startsWith('4:0') ? '4:1' : '4:0';
  damage(ledger, JOURNAL, formatEntrySk(2), marks.slice(0, 3), flipped);
}

function tamperDigest(ledger: MemoryLedger): void {
  const parked = ledger.memory.get(JOURNAL, formatEntrySk(1))?.['changed']?.M?.['parked']?.S ?? '';
  const [[, , sha256]] = JSON.parse(parked) as [[number, string, string]];
  damage(
    ledger,
    JOURNAL,
    formatEntrySk(1),
    sha256,
    sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
  );
}
