import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FaultKind, Findings, faultMeanings } from '../../../infra/audit/findings.ts';
import { parseRanges } from '../../../infra/audit/offset-ranges.ts';
import {
  combineVerdicts,
  formatReport,
  formatReportJson,
  type LedgerAudit,
  notePartition,
} from '../../../infra/audit/report.ts';
import { entry, HOUR } from './made-entries.ts';

const [zero, one] = ['ad_clicks@1#0', 'ad_clicks@1#1'];
const partitions = [
  {
    ...{ journal: zero, logStart: 0, logEnd: 1_000_000, committed: 999_998, entries: 120 },
    ...{ applied: 999_990, parked: 8, gaps: 0, lag: 2, unverifiable: 0 },
    ...{ micros: 27_375_273_320n, microsByLog: 27_375_273_320n },
    ...{ records: 1_000_000, missing: 0 },
    ...{ accepted: 0, compared: 999_998, gapOffsets: '', explainedOffsets: '' },
  },
  {
    ...{ journal: one, logStart: 7, logEnd: 9, committed: undefined, entries: 1 },
    ...{ applied: 1, parked: 0, gaps: 1, lag: 0, unverifiable: 3 },
    ...{ micros: 1_250_000n, microsByLog: 250_000n },
    ...{ records: 2, missing: 0 },
    ...{ accepted: 0, compared: 1, gapOffsets: '7', explainedOffsets: '' },
  },
];

function audited(
  ledger: string,
  faults: readonly (readonly [FaultKind, string, string])[] = [],
): LedgerAudit {
  const findings = new Findings();
  findings.partitions.push(...partitions);
  for (const [kind, journal, what] of faults) findings.add(kind, journal, what);
  return { ledger, findings, tookMs: 1_234 };
}

describe('an audit for people', () => {
  it('is a table of journals in columns, and PASS', () => {
    assert.deepEqual(formatReport(audited('billing')), [
      'journal        log           committed  entries  applied         amount     by the log  parked  gaps  lag  unverifiable  faults',
      'ad_clicks@1#0  0 to 999,999    999,998      120  999,990  27,375.273320  27,375.273320       8     0    2             0       0',
      'ad_clicks@1#1  7 to 8                -        1        1       1.250000       0.250000       0     1    0             3       0',
      'PASS  ledger billing: 999,991 clicks counted once, 8 records parked; 999,999 records compared with the log (3 have left it) (1.2 s)',
    ]);
  });

  it('names each fault below what its kind means, counts them by journal, and is FAIL', () => {
    const report = formatReport(
      audited('billing', [
        ['double', one, 'entry 2 counts offsets 8 again'],
        ['money', zero, 'entry 7 is wrong'],
        ['double', one, 'entry 3 counts offsets 8 again'],
      ]),
    );

    assert.deepEqual(
      report.slice(1, 3).map((row) => row.split(/ +/).at(-1)),
      ['1', '2'],
    );
    assert.deepEqual(report.slice(3), [
      `double: ${faultMeanings.double}`,
      '  ad_clicks@1#1 entry 2 counts offsets 8 again',
      '  ad_clicks@1#1 entry 3 counts offsets 8 again',
      `money: ${faultMeanings.money}`,
      '  ad_clicks@1#0 entry 7 is wrong',
      'FAIL  ledger billing: 3 faults (1.2 s)',
    ]);
  });

  it('says what is worth knowing, and why it can not tell', () => {
    const unsure = audited('billing');
    unsure.findings.notes.push(`${zero}: a note`);
    unsure.findings.unsure.push('there is nothing to compare');

    const report = formatReport(unsure);

    assert.deepEqual(report.slice(3), [
      `note: ${zero}: a note`,
      'COULD NOT TELL  ledger billing: there is nothing to compare (1.2 s)',
    ]);
    assert.equal(combineVerdicts([audited('fraud'), unsure]), 'unsure');
    assert.equal(combineVerdicts([unsure, audited('fraud', [['lost', zero, 'it']])]), 'fail');
  });

  it('writes what it has read so that no terminal obeys it, for people and for programs', () => {
    const odd = audited('bill\u001b[2Jing', [['stray', 'a\u009bb#0', 'sk is \u001b]0;x\u0007']]);
    odd.findings.notes.push('\u202enote');
    const outputs = [...formatReport(odd), formatReportJson([odd])];

    assert.deepEqual(
      outputs.filter((text) => /[\p{Cc}\p{Cf}]/u.test(text)),
      [],
    );
    assert.equal(outputs.filter((text) => text.includes('sk is \\u001b]0;x\\u0007')).length, 2);
  });

  it('shows ten faults of a kind, and says how many more there are', () => {
    const of = (kind: FaultKind, count: number) =>
      Array.from({ length: count }, (_, n) => [kind, zero, `${kind} ${n}`] as const);

    const report = formatReport(audited('billing', [...of('money', 10), ...of('chain', 13)]));

    const shown = (kind: string) => report.filter((row) => row.startsWith(`  ${zero} ${kind} `));
    assert.equal(shown('money').length, 10);
    assert.deepEqual([shown('chain').length, shown('chain').at(-1)], [10, `  ${zero} chain 9`]);
    assert.deepEqual(
      report.filter((row) => row.includes('more')),
      ['  and 3 more; --json has all'],
    );
    assert.equal(report.at(-1), 'FAIL  ledger billing: 23 faults (1.2 s)');
  });
});

describe('what an audit found', () => {
  it('has a meaning for every kind of fault', () => {
    const meanings = Object.values(faultMeanings);

    assert.ok(meanings.length >= 15 && meanings.every((meaning) => meaning.length > 20));
    assert.equal(new Set(meanings).size, meanings.length);
  });

  it('is a fault at rest where anything is left to count or to roll up', () => {
    const [whole, gapped] = partitions as [(typeof partitions)[0], (typeof partitions)[0]];
    const findings = new Findings();
    findings.partitions.push({ ...whole, lag: 0 }, { ...whole, lag: 1 }, gapped, { ...gapped, lag: 1 });
    findings.passing.push({ journal: one, what: 'there is no checkpoint' });

    findings.demandRest();

    const left = (journal: string, gaps: string, lag: string) => ({
      ...{ kind: 'not-yet', journal },
      what: `not counted yet: ${gaps}, ${lag} after the newest`,
    });
    assert.deepEqual(findings.faults, [
      { kind: 'checkpoint', journal: one, what: 'there is no checkpoint' },
      left(zero, '0 records in gaps', '1 record'),
      left(one, '1 record in gaps (offsets 7)', '0 records'),
      left(one, '1 record in gaps (offsets 7)', '1 record'),
    ]);
  });

  it('notes where the ledger begins, what has left the log, gaps and holes', () => {
    const notesOf = (more: object, resolved = '0-9') => {
      const findings = new Findings();
      const tally = { ...(partitions[0] as (typeof partitions)[0]), ...more };
      notePartition(
        findings,
        tally,
        [
          entry(1, { offsets: '0-2', lines: `{"${HOUR}":{"a":[2,20]}}` }),
          entry(2, { offsets: '3-4', lines: `{"${HOUR}":{"a":[1,10]}}` }),
        ],
        parseRanges(resolved),
      );
      return findings.notes;
    };
    const begins = (base: number) =>
      `${zero}: the ledger begins at offset ${base}; what stood before it can't be told any more`;

    assert.deepEqual(notesOf({}), []);
    assert.deepEqual(notesOf({ logStart: 1 }, '1-9'), [begins(1)]);
    assert.deepEqual(notesOf({ logStart: 3 }, '5-9'), [begins(5)]);
    assert.deepEqual(notesOf({ logStart: 3 }, '2-9'), []);
    assert.deepEqual(notesOf({ logStart: 0 }, '5-9'), []);
    assert.deepEqual(notesOf({ logStart: 0 }, ''), []);
    assert.deepEqual(notesOf({ logStart: 3, unverifiable: 1 }), [
      `${zero}: 1 record before offset 3 left the log and can't be verified any more: for 2 clicks and 20 micros of 1 entry only their chain and seals vouch; audit within the topic's retention, and keep --json for --since`,
    ]);
    assert.deepEqual(notesOf({ gaps: 1, gapOffsets: '7', explainedOffsets: '8' }), [
      `${zero}: not counted yet: 1 record in gaps, offsets 7`,
      `${zero}: the log holds no record at the open offsets 8`,
    ]);
  });

  it('shows the log of a partition that holds no record as empty', () => {
    const empty = audited('billing');
    empty.findings.partitions.splice(0, 2, {
      ...(partitions[0] as (typeof partitions)[0]),
      logStart: 7,
      logEnd: 7,
    });

    assert.match(formatReport(empty)[1] ?? '', /^ad_clicks@1#0 +empty +999,998 /);
  });
});

describe('an audit for programs', () => {
  it('is one object with every ledger, and pass if all of them do', () => {
    const report = JSON.parse(formatReportJson([audited('billing'), audited('fraud')]));

    const same = { verdict: 'pass', tookMs: 1_234, faults: [], notes: [], unsure: [], journals: [] };
    const written = partitions.map((each) => {
      const [micros, microsByLog] = [String(each.micros), String(each.microsByLog)];
      return { ...JSON.parse(JSON.stringify({ ...each, micros, microsByLog })) };
    });
    assert.deepEqual(report, {
      verdict: 'pass',
      ledgers: [
        { ledger: 'billing', ...same, partitions: written },
        { ledger: 'fraud', ...same, partitions: written },
      ],
    });
  });

  it('has every fault, and is fail if any ledger does', () => {
    const many = Array.from({ length: 40 }, (_, n) => ['lost', zero, `offset ${n}`] as const);

    const report = JSON.parse(formatReportJson([audited('billing'), audited('fraud', many)]));

    assert.equal(report.verdict, 'fail');
    assert.deepEqual(
      report.ledgers.map(({ verdict }: { verdict: string }) => verdict),
      ['pass', 'fail'],
    );
    assert.equal(report.ledgers[1].faults.length, 40);
    assert.deepEqual(report.ledgers[1].faults[39], { kind: 'lost', journal: zero, what: 'offset 39' });
  });
});
