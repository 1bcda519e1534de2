import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planOf } from '../../../support/cloud-assembly.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const properties = {
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
};

describe('a table of the templates', () => {
  for (const Type of ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable']) {
    it(`is planned with its keys and its expiry (${Type})`, (t) => {
      const { tables, notes } = planOf(temporaryFolder(t), {
        Resources: { Ledger: { Type, Properties: properties } },
      });

      assert.deepEqual(tables, [
        {
          name: 'app-Ledger',
          stack: 'app',
          logicalId: 'Ledger',
          keys: [
            { attribute: 'pk', type: 'HASH' },
            { attribute: 'sk', type: 'RANGE' },
          ],
          attributes: [
            { name: 'pk', type: 'S' },
            { name: 'sk', type: 'S' },
          ],
          globalIndexes: [],
          localIndexes: [],
          expiryAttribute: 'expires',
        },
      ]);
      assert.deepEqual(notes, []);
    });
  }

  it('is planned with its indexes, and its stream is noted', (t) => {
    const index = {
      IndexName: 'by-sk',
      KeySchema: [{ AttributeName: 'sk', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['clicks'] },
    };
    const Properties = {
      ...properties,
      GlobalSecondaryIndexes: [index],
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: false },
    };

    const { tables, notes } = planOf(temporaryFolder(t), {
      Resources: { Ledger: { Type: 'AWS::DynamoDB::Table', Properties } },
    });

    assert.deepEqual(tables[0]?.globalIndexes, [
      {
        name: 'by-sk',
        keys: [{ attribute: 'sk', type: 'HASH' }],
        projection: 'INCLUDE',
        included: ['clicks'],
      },
    ]);
    assert.equal(tables[0]?.expiryAttribute, undefined);
    assert.deepEqual(notes, ['app Ledger: StreamSpecification is not imitated']);
  });
});
