/** What the statement command takes from its command line. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readStatementRequest, statement } from '../../../infra/cli/statement.ts';
import { parsed, refusalOf } from '../../support/parsed.ts';

const read = (given: readonly string[]) => readStatementRequest(parsed(statement, given));

describe('a request for a statement', () => {
  it('is the whole period as of the last rollup, unless told otherwise', () => {
    assert.deepEqual(read(['--advertiser', 'adv-7']), {
      key: 'adv-7',
      isAdvertiser: true,
      from: '0000-01-01T00',
      to: '9999-12-31T23',
      exact: false,
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
      '--from-time',
    ];

    assert.deepEqual(read([...given, '2026-11-21T10', '--to-time', '2026-11-21T10']), {
      key: 'a:b.c-1',
      isAdvertiser: true,
      from: '2026-11-21T10',
      to: '2026-11-21T10',
      exact: true,
      json: true,
    });
  });

  it('a day means all its hours, a leap day too', () => {
    const request = read([...'--advertiser a --from-time 2024-02-29 --to-time 2024-02-29'.split(' ')]);

    assert.deepEqual([request?.from, request?.to], ['2024-02-29T00', '2024-02-29T23']);
  });

  const hourRefused = (option: string, given: string) =>
    `option '--${option} <time>' argument '${given}' is invalid. Allowed is a UTC `;
  const advertiserRefused = (given: string) =>
    `option '--advertiser <id>' argument '${given}' is invalid. Allowed is 1 to 64 characters of [A-Za-z0-9._:-].`;
  const refusals: readonly (readonly [given: readonly string[], sentence: string])[] = [
    [[], 'either --advertiser or --key says whose statement it is: give one of them'],
    [
      ['--advertiser', 'a', '--key', 'a'],
      'either --advertiser or --key says whose statement it is: give one of them',
    ],
    [
      ['--key', ''],
      "option '--key <key>' argument '' is invalid. Allowed is 1 to 2,000 characters: the values that the group counts by, joined by commas.",
    ],
    [['--advertiser', ''], advertiserRefused('')],
    [['--advertiser', 'a#b'], advertiserRefused('a#b')],
    [['--advertiser', '.a'], advertiserRefused('.a')],
    [['--advertiser', 'a'.repeat(65)], advertiserRefused('a'.repeat(65))],
    [['--advertiser', 'a', '--from-time', '2026-11-21T24'], hourRefused('from-time', '2026-11-21T24')],
    [['--advertiser', 'a', '--from-time', '2026-02-29'], hourRefused('from-time', '2026-02-29')],
    [['--advertiser', 'a', '--to-time', '2026-11-31T10'], hourRefused('to-time', '2026-11-31T10')],
    [['--advertiser', 'a', '--to-time', '2026-11-21T10:00'], hourRefused('to-time', '2026-11-21T10:00')],
    [['--advertiser', 'a', '--to-time', 'yesterday'], hourRefused('to-time', 'yesterday')],
    [['--advertiser', 'a', '--to-time', ''], hourRefused('to-time', '')],
    [
      ['--advertiser', 'a', '--from-time', '2026-11-22', '--to-time', '2026-11-21'],
      '--from-time is 2026-11-22T00, which comes after --to-time, 2026-11-21T23: nothing lies between',
    ],
    [['--advertiser', 'a', '--exakt'], "unknown option '--exakt'\n(Did you mean --exact?)"],
    [['--advertiser', 'a', 'adv-7'], 'too many arguments. Expected 0 arguments but got 1: adv-7.'],
    [['--advertiser'], "option '--advertiser <id>' argument missing"],
    [['--advertiser', 'a', '--exact=no'], "unknown option '--exact=no'"],
  ];
  for (const [given, sentence] of refusals) {
    it(`refuses '${given.join(' ').slice(0, 60)}' in a sentence`, () => {
      const said = refusalOf(() => read(given));
      assert.ok(said.startsWith(sentence), said);
    });
  }
});
