/** Which names, group ids and owners a new group may have. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groups } from '../../../functions/index.ts';
import { readRequest } from '../../../infra/new-group/request.ts';
import type { GroupSpec } from '../../../shared/group.ts';

const { billing, fraud } = groups as Record<'billing' | 'fraud', GroupSpec>;
const elsewhere = {
  billing,
  fraud,
  money: { ...billing, ledger: 'invoices', groupId: 'money-service' },
};

describe('a request for a new group', () => {
  it('needs a name alone', () => {
    assert.deepEqual(readRequest(['recommendations'], elsewhere), {
      team: 'recommendations',
      groupId: 'recommendations-service',
      owner: '@clickledger/recommendations',
    });
  });

  it('may say the group id and the owner', () => {
    const given = ['click-quality', '--group-id', 'Quality.2', '--owner', '@ada'];

    assert.deepEqual(readRequest(given, elsewhere), {
      team: 'click-quality',
      groupId: 'Quality.2',
      owner: '@ada',
    });
  });

  it('is nothing where help is asked for', () => {
    assert.equal(readRequest(['--help'], elsewhere), undefined);
  });

  const names = 'allowed are 3 to 31 characters: small letters and digits, words joined by -, a letter first';
  const refusals: readonly (readonly [given: readonly string[], sentence: string | RegExp])[] = [
    [[], '0 names are given, allowed is one'],
    [['one', 'two'], '2 names are given, allowed is one'],
    [['Recommendations'], `the name is 'Recommendations', ${names}`],
    [['ab'], `the name is 'ab', ${names}`],
    [['a'.repeat(32)], `the name is '${'a'.repeat(32)}', ${names}`],
    [['1st'], `the name is '1st', ${names}`],
    [['a_b'], `the name is 'a_b', ${names}`],
    [['../evil'], `the name is '../evil', ${names}`],
    [['ends-'], `the name is 'ends-', ${names}`],
    [['two--dashes'], `the name is 'two--dashes', ${names}`],
    [['émile'], `the name is 'émile', ${names}`],
    [['stream'], /^the name is 'stream', which is reserved, like /],
    [['billing'], "group 'billing' exists already, as do billing, fraud, money: choose another name"],
    [['invoices'], "the name is 'invoices', which is the ledger of 'money': each group has one of its own"],
    [
      ['orders', '--group-id', 'fraud-service'],
      "the group id 'fraud-service' is that of 'fraud': two mappings in one group would share its partitions; choose another with --group-id",
    ],
    [
      ['orders', '--group-id', 'a:b'],
      "--group-id is 'a:b', allowed are 1 to 200 characters of [a-zA-Z0-9._-]: others silence the lag metrics of MSK",
    ],
    [['orders', '--group-id', ''], /^--group-id is '', allowed are 1 to 200 characters/],
    [['orders', '--group-id', 'g'.repeat(201)], /^--group-id is 'g+', allowed are 1 to 200 characters/],
    [['orders', '--group-id', "a'b"], /^--group-id is 'a'b', allowed are/],
    [['orders', '--owner', 'ada'], /^--owner is 'ada', allowed is a user like @ada, a team like /],
    [['orders', '--owner', '@a\n* @b'], /^--owner is '@a/],
    [['orders', '--owner'], "Option '--owner <value>' argument missing"],
    [['orders', '--topic', 'x'], "Unknown option '--topic'"],
  ];
  for (const [given, sentence] of refusals) {
    it(`refuses '${given.join(' ').slice(0, 60)}' in a sentence`, () => {
      assert.throws(
        () => readRequest(given, elsewhere),
        ({ name, message }: Error) => {
          const [first = ''] = message.split('\n');
          assert.equal(name, 'OpsError');
          if (typeof sentence === 'string') assert.equal(first, sentence);
          else assert.match(first, sentence);
          return true;
        },
      );
    });
  }
});
