/** What the statement command takes from its command line. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readStatementRequest } from '../../../infra/ops/statement.ts';

describe('a request for a statement', () => {
  it('is the whole period of billing as of the last rollup, unless told otherwise', () => {
    assert.deepEqual(readStatementRequest(['--advertiser', 'adv-7']), {
      advertiser: 'adv-7',
      from: '0000-01-01T00',
      to: '9999-12-31T23',
      exact: false,
      ledger: 'billing',
      table: undefined,
      json: false,
    });
  });

  it('is as told', () => {
    const given = [
      '--advertiser=a:b.c-1',
      '--exact',
      '--json',
      '--ledger',
      'fraud',
      '--table',
      'T',
      '--from',
    ];

    assert.deepEqual(readStatementRequest([...given, '2026-11-21T10', '--to', '2026-11-21T10']), {
      advertiser: 'a:b.c-1',
      from: '2026-11-21T10',
      to: '2026-11-21T10',
      exact: true,
      ledger: 'fraud',
      table: 'T',
      json: true,
    });
  });

  it('a day means all its hours, a leap day too', () => {
    const request = readStatementRequest([...'--advertiser a --from 2024-02-29 --to 2024-02-29'.split(' ')]);

    assert.deepEqual([request?.from, request?.to], ['2024-02-29T00', '2024-02-29T23']);
  });

  it('is nothing where help is asked for', () => {
    assert.equal(readStatementRequest(['--help']), undefined);
  });

  const hourRefused = (option: string, given: string) =>
    `--${option} is '${given}', allowed is a day like 2026-11-21 or an hour like 2026-11-21T10 (UTC)`;
  const advertiserRefused = (given: string) =>
    `--advertiser is '${given}', allowed are 1 to 64 characters of [A-Za-z0-9._:-]`;
  const refusals: readonly (readonly [given: readonly string[], sentence: string])[] = [
    [[], advertiserRefused('')],
    [['--advertiser', ''], advertiserRefused('')],
    [['--advertiser', 'a#b'], advertiserRefused('a#b')],
    [['--advertiser', '.a'], advertiserRefused('.a')],
    [['--advertiser', 'a'.repeat(65)], advertiserRefused('a'.repeat(65))],
    [['--advertiser', 'a', '--from', '2026-11-21T24'], hourRefused('from', '2026-11-21T24')],
    [['--advertiser', 'a', '--from', '2026-02-29'], hourRefused('from', '2026-02-29')],
    [['--advertiser', 'a', '--to', '2026-11-31T10'], hourRefused('to', '2026-11-31T10')],
    [['--advertiser', 'a', '--to', '2026-11-21T10:00'], hourRefused('to', '2026-11-21T10:00')],
    [['--advertiser', 'a', '--to', 'yesterday'], hourRefused('to', 'yesterday')],
    [['--advertiser', 'a', '--to', ''], hourRefused('to', '')],
    [
      ['--advertiser', 'a', '--from', '2026-11-22', '--to', '2026-11-21'],
      '--from is 2026-11-22T00, which comes after --to, 2026-11-21T23: nothing lies between',
    ],
    [['--advertiser', 'a', '--exakt'], "Unknown option '--exakt'"],
    [['adv-7'], "Unexpected argument 'adv-7'"],
    [['--advertiser'], "Option '--advertiser <value>' argument missing"],
    [['--advertiser', 'a', '--exact=no'], "Option '--exact' does not take an argument"],
  ];
  for (const [given, sentence] of refusals) {
    it(`refuses '${given.join(' ').slice(0, 60)}' in a sentence`, () => {
      assert.throws(
        () => readStatementRequest(given),
        ({ name, message }: Error) => {
          assert.equal(name, 'UserError');
          assert.equal(message.split('\n')[0], sentence);
          return true;
        },
      );
    });
  }
});
