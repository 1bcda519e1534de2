/** Which names, group ids and owners a new group may have. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groups } from '../../../functions/index.ts';
import { newGroup, readNewGroup } from '../../../infra/cli/new-group.ts';
import type { GroupSpec } from '../../../shared/group.ts';
import { parsed, refusalOf } from '../../support/parsed.ts';

const { billing, fraud } = groups as Record<'billing' | 'fraud', GroupSpec>;
const elsewhere = {
  billing,
  fraud,
  money: { ...billing, ledger: 'invoices', groupId: 'money-service' },
};

function read(given: readonly string[]) {
  const values = parsed(newGroup, given);
  return readNewGroup(newGroup.processedArgs[0], values, elsewhere);
}

describe('a request for a new group', () => {
  it('needs a name alone', () => {
    assert.deepEqual(read(['recommendations']), {
      team: 'recommendations',
      groupId: 'recommendations-service',
      owner: '@clickledger/recommendations',
    });
  });

  it('may say the group id and the owner', () => {
    const given = ['click-quality', '--group-id', 'Quality.2', '--owner', '@ada'];

    assert.deepEqual(read(given), { team: 'click-quality', groupId: 'Quality.2', owner: '@ada' });
  });

  const names =
    'Allowed are 3 to 31 characters: small letters and digits, words joined by -, a letter first.';
  const refusals: readonly (readonly [given: readonly string[], sentence: string | RegExp])[] = [
    [[], "missing required argument 'name'"],
    [['one', 'two'], /^too many arguments\. Expected 1 argument but got 2/],
    [['Recommendations'], names],
    [['ab'], names],
    [['a'.repeat(32)], names],
    [['1st'], names],
    [['a_b'], names],
    [['../evil'], names],
    [['ends-'], names],
    [['two--dashes'], names],
    [['émile'], names],
    [['stream'], /'stream' is invalid for argument 'name'. It is reserved, like /],
    [['billing'], "group 'billing' exists already, as do billing, fraud, money: choose another name"],
    [['invoices'], "the name is 'invoices', which is the ledger of 'money': each group has one of its own"],
    [
      ['orders', '--group-id', 'fraud-service'],
      "the group id 'fraud-service' is that of 'fraud': two mappings in one group would share its partitions; choose another with --group-id",
    ],
    [
      ['orders', '--group-id', 'a:b'],
      "'a:b' is invalid. Allowed is 1 to 200 characters of [a-zA-Z0-9._-]: others silence the lag metrics of MSK.",
    ],
    [['orders', '--group-id', ''], "'' is invalid. Allowed is 1 to 200 characters"],
    [['orders', '--group-id', 'g'.repeat(201)], /g' is invalid. Allowed is 1 to 200 characters/],
    [['orders', '--group-id', "a'b"], "'a'b' is invalid. Allowed is"],
    [['orders', '--owner', 'ada'], "'ada' is invalid. Allowed is a user like @ada, a team like "],
    [['orders', '--owner', '@a\n* @b'], "'@a\n* @b' is invalid."],
    [['orders', '--owner'], "option '--owner <owner>' argument missing"],
    [['orders', '--topic', 'x'], "unknown option '--topic'"],
  ];
  for (const [given, sentence] of refusals) {
    it(`refuses '${given.join(' ').slice(0, 60)}' in a sentence`, () => {
      const said = refusalOf(() => read(given));
      if (typeof sentence === 'string') assert.ok(said.includes(sentence), said);
      else assert.match(said, sentence);
    });
  }
});
