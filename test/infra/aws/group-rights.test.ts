/** What each role may do, action by action, with the published parameters filled in. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groups } from '../../../functions/index.ts';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { type CfnTemplate, evaluated, resourceOf, resourcesOf, templateOf } from './templates.ts';

const stageNames = Object.keys(stages) as StageName[];

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: { readonly StringEquals?: Readonly<Record<string, string>> };
}

function statementsOf(template: CfnTemplate, idPrefix: string): Statement[] {
  return evaluated(
    template,
    resourceOf(template, 'AWS::IAM::Policy', idPrefix).Properties.PolicyDocument.Statement,
  );
}

/** One line for each right: the action, what on, and through which service if that is bound. */
function rightsOf(template: CfnTemplate, idPrefix: string): string[] {
  return statementsOf(template, idPrefix)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource, Condition }) => {
      const via = Condition?.StringEquals?.['kms:ViaService'];
      return [Action]
        .flat()
        .map((action) => `${action} ${Resource}${via === undefined ? '' : ` via ${via}`}`);
    })
    .sort();
}

function idOf(template: CfnTemplate, type: string, idPrefix: string): string {
  const [found] = resourcesOf(template, type).filter(([id]) => id.startsWith(idPrefix));
  return found![0];
}

const kafka = 'arn:aws:kafka:eu-west-1:111122223333';

function ledgerRights(template: CfnTemplate, logs: string, actions: string[]): string[] {
  const key = `{${idOf(template, 'AWS::KMS::Key', 'GroupKey')}.Arn}`;
  const table = `{${idOf(template, 'AWS::DynamoDB::Table', 'GroupTable')}.Arn}`;
  const logGroup = `{${idOf(template, 'AWS::Logs::LogGroup', logs)}.Arn}`;
  return [
    ...actions.map((action) => `dynamodb:${action} ${table}`),
    ...['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey'].map(
      (action) => `kms:${action} ${key} via dynamodb.eu-west-1.amazonaws.com`,
    ),
    `logs:CreateLogStream ${logGroup}`,
    `logs:PutLogEvents ${logGroup}`,
  ];
}

function mappingRights(groupId: string): string[] {
  return [
    ...[
      'CreateNetworkInterface',
      'DeleteNetworkInterface',
      'DescribeNetworkInterfaces',
      'DescribeSecurityGroups',
      'DescribeSubnets',
      'DescribeVpcs',
    ].map((action) => `ec2:${action} *`),
    `kafka-cluster:AlterGroup ${kafka}:group/clickledger/UUID-1/${groupId}`,
    `kafka-cluster:Connect ${kafka}:cluster/clickledger/UUID-1`,
    `kafka-cluster:DescribeClusterDynamicConfiguration ${kafka}:cluster/clickledger/UUID-1`,
    `kafka-cluster:DescribeGroup ${kafka}:group/clickledger/UUID-1/${groupId}`,
    `kafka-cluster:DescribeTopic ${kafka}:topic/clickledger/UUID-1/ad_clicks`,
    `kafka-cluster:ReadData ${kafka}:topic/clickledger/UUID-1/ad_clicks`,
    `kafka:DescribeClusterV2 ${kafka}:cluster/clickledger/UUID-1`,
    `kafka:GetBootstrapBrokers ${kafka}:cluster/clickledger/UUID-1`,
  ];
}

describe('rights of a group', () => {
  test('billing: the handler reads its topic in its own group, reads its ledger and puts entries', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'billing');
      assert.deepEqual(
        rightsOf(template, 'GroupHandler'),
        [
          ...ledgerRights(template, 'GroupHandlerLogs', ['GetItem', 'PutItem', 'Query', 'UpdateItem']),
          ...mappingRights('billing-service'),
        ].sort(),
      );
    }
  });

  test('fraud: the handler may besides give records up to its own bucket, and decrypt its own secrets', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'fraud');
      const key = `{${idOf(template, 'AWS::KMS::Key', 'GroupKey')}.Arn}`;
      const bucket = `{${idOf(template, 'AWS::S3::Bucket', 'GroupGivenUp')}.Arn}`;
      assert.deepEqual(
        rightsOf(template, 'GroupHandler'),
        [
          ...ledgerRights(template, 'GroupHandlerLogs', ['GetItem', 'PutItem', 'Query', 'UpdateItem']),
          ...mappingRights('fraud-service'),
          `s3:ListBucket ${bucket}`,
          `s3:PutObject ${bucket}/*`,
          `kms:Decrypt ${key} via s3.eu-west-1.amazonaws.com`,
          `kms:GenerateDataKey ${key} via s3.eu-west-1.amazonaws.com`,
          `kms:Decrypt ${key} via lambda.eu-west-1.amazonaws.com`,
        ].sort(),
      );
    }
  });

  test('a rollup reads its own ledger and adds to its lines, and knows nothing of Kafka', () => {
    for (const stage of stageNames) {
      for (const team of Object.keys(groups)) {
        const template = templateOf(stage, team);
        assert.deepEqual(
          rightsOf(template, 'GroupRollup'),
          ledgerRights(template, 'GroupRollupLogs', ['GetItem', 'PutItem', 'Query', 'UpdateItem']).sort(),
        );
      }
    }
  });

  test('each statement of a role says in its id what it is for', () => {
    const template = templateOf('prod', 'fraud');
    const idsOf = (role: string) =>
      statementsOf(template, role)
        .map(({ Sid }) => Sid ?? '')
        .sort();
    const shared = ['OwnLedgerKey', 'OwnLogs', 'ReadLedger'];

    assert.deepEqual(idsOf('GroupRollup'), ['AddToLines', 'PutProjections', ...shared].sort());
    assert.deepEqual(
      idsOf('GroupHandler'),
      [
        'AppendEntries',
        'Connect',
        'DestinationKey',
        'FindBrokers',
        'FindDestination',
        'GiveUpRecords',
        'JoinOwnGroup',
        'NotFromCode',
        'OwnEnvironment',
        'PollersInTheNetwork',
        'ReadTopic',
        ...shared,
      ].sort(),
    );
  });

  test('the schedule may run its rollup and nothing else, for this account alone', () => {
    const template = templateOf('prod', 'billing');

    const rollup = idOf(template, 'AWS::Lambda::Function', 'GroupRollup');
    const [trust] = evaluated(
      template,
      resourceOf(template, 'AWS::IAM::Role', 'GroupSchedule').Properties.AssumeRolePolicyDocument.Statement,
    );

    assert.deepEqual(rightsOf(template, 'GroupSchedule'), [`lambda:InvokeFunction {${rollup}.Arn}`]);
    assert.deepEqual(trust.Condition, { StringEquals: { 'aws:SourceAccount': '111122223333' } });
  });

  test('nobody scans, deletes, or holds a right by wildcard or by a managed policy', () => {
    for (const stage of stageNames) {
      for (const owner of ['stream', ...Object.keys(groups)]) {
        const template = templateOf(stage, owner);
        for (const [id] of resourcesOf(template, 'AWS::IAM::Policy'))
          for (const { Action } of statementsOf(template, id))
            for (const action of [Action].flat()) assert.doesNotMatch(action, /\*|Scan|DeleteItem|Batch/, id);
        for (const [id, { Properties }] of resourcesOf(template, 'AWS::IAM::Role')) {
          assert.equal(Properties.ManagedPolicyArns, undefined, id);
          assert.equal(Properties.Policies, undefined, id);
        }
      }
    }
  });
});
