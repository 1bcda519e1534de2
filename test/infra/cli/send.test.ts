import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findTarget, formatSent, send } from '../../../infra/cli/send.ts';
import { parsed } from '../../support/parsed.ts';

describe('what send prints', () => {
  it('is the position of each record, and nothing of ledgers that were not waited for', () => {
    assert.deepEqual(
      formatSent('ad_clicks', [
        { partition: 2, offset: 145_610, ledgers: {} },
        { partition: 0, offset: 7, ledgers: {} },
      ]),
      ['topic      partition  offset', 'ad_clicks          2  145610', 'ad_clicks          0       7'],
    );
  });

  it('and what became of it in each ledger, with the sentence of its reason', () => {
    const ledgers = {
      billing: { verdict: 'counted', version: 12 },
      fraud: { verdict: 'parked', version: 3, reason: 'value.json' },
      other: { verdict: 'not counted yet' },
    } as const;
    const [head, row, ...below] = formatSent('ad_clicks', [{ partition: 0, offset: 7, ledgers }]);
    assert.match(head ?? '', /^topic +partition +offset +billing +fraud +other$/);
    assert.match(row ?? '', /counted by entry 12 +parked by entry 3 \(value\.json\) +not counted yet$/);
    assert.deepEqual(below, ['fraud has parked 0/7: the value is not JSON']);
  });

  it('explains a reason by the contract of its own topic, and no other', () => {
    const ledgers = { billing: { verdict: 'parked', version: 3, reason: 'event.campaign' } } as const;
    const below = (topic: string) => formatSent(topic, [{ partition: 0, offset: 7, ledgers }]).at(-1) ?? '';
    assert.match(
      below('ad_impressions'),
      /^billing has parked 0\/7: `campaign` is not a text of 1 to 64 characters/,
    );
    assert.equal(below('ad_clicks'), 'billing has parked 0/7: event.campaign');
  });
});

describe('where send sends', () => {
  const find = (given: string) => findTarget(parsed(send, given), '/nowhere/run.json');

  it('is a topic elsewhere, without ledgers to ask', () => {
    const { topic, kafka, ledgers } = find('--kafka a:1,b:2 --topic t');
    assert.deepEqual([topic, kafka.bootstrapBrokers, ledgers], ['t', ['a:1', 'b:2'], []]);
  });

  for (const [given, why] of [
    ['--kafka a:1', /^--kafka needs --topic too$/],
    ['--kafka a:1 --topic t --wait', /--wait asks the ledgers of the local runtime/],
    ['--topic t --iam', /^--iam needs --kafka too$/],
    ['--region eu-west-1', /^--region needs --kafka too$/],
    ['--topic t', /^nothing runs on this machine/],
  ] as const)
    it(`is refused: ${given}`, () => assert.throws(() => find(given), { name: 'UserError', message: why }));
});
