/**
 * What one team's roles can do to another team's things, by evaluating the synthesized statements as IAM would (I9), and
 * that each role has what its function really calls: the list of calls is taken from a run of the handler and the rollup.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { fold } from '../../../functions/billing/fold.ts';
import { group } from '../../../functions/billing/group.ts';
import { groups } from '../../../functions/index.ts';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { consumer } from '../../../shared/consumer.ts';
import { scheduledRollup } from '../../../shared/scheduled-rollup.ts';
import { anEvent, aRecord, records, START_MS } from '../../support/builders.ts';
import { type Call, isAllowed, isDenied, type Statement } from '../../support/iam.ts';
import { memoryLedger, steppedClock } from '../../support/memory-ledger.ts';
import type { Command } from '../../support/simulated-table.ts';
import { type CfnTemplate, evaluated, resourcesOf, templateOf } from './templates.ts';

const stageNames = Object.keys(stages) as StageName[];
const teams = Object.keys(groups);
const cluster = 'arn:aws:kafka:eu-west-1:111122223333:cluster/clickledger/UUID-1';
const inCluster = (kind: string, name: string) => `${cluster.replace(':cluster/', `:${kind}/`)}/${name}`;
const via = (service: string) => ({ 'kms:ViaService': `${service}.eu-west-1.amazonaws.com` });

/** Evaluated, with every `{id}` made the team's own: the same logical ids stand in each team's template. */
function owned<T>(team: string, template: CfnTemplate, value: unknown): T {
  return JSON.parse(JSON.stringify(evaluated(template, value)).replaceAll('{Group', `{${team}.Group`));
}

function statementsOf(stage: StageName, team: string, role: string): Statement[] {
  const template = templateOf(stage, team);
  const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([id]) => id.startsWith(role));
  return policies.flatMap(([, { Properties }]) =>
    owned<Statement[]>(team, template, Properties.PolicyDocument.Statement),
  );
}

function arnOf(stage: StageName, team: string, type: string, idPrefix = 'Group'): string {
  const found = resourcesOf(templateOf(stage, team), type).find(([id]) => id.startsWith(idPrefix));
  assert.ok(found, `${team} has no ${type} that begins with ${idPrefix}`);
  return `{${team}.${found[0]}.Arn}`;
}

/** The DynamoDB actions of one delivery, its redelivery, a record that is parked and accepted, and of the rollup after them. */
const called: Record<'GroupHandler' | 'GroupRollup', TableCall[]> = { GroupHandler: [], GroupRollup: [] };

/** What Lambda does in the name of the handler's role (AWS Lambda docs: with-msk-permissions, msk-cluster-auth, esm-logging). */
function mappingCalls(stage: StageName, team: string): Call[] {
  const { groupId, topic } = groups[team]!;
  const logs = arnOf(stage, team, 'AWS::Logs::LogGroup', 'GroupHandlerLogs');
  return [
    { action: 'kafka:DescribeClusterV2', resource: cluster },
    { action: 'kafka:GetBootstrapBrokers', resource: cluster },
    { action: 'kafka-cluster:Connect', resource: cluster },
    { action: 'kafka-cluster:DescribeClusterDynamicConfiguration', resource: cluster },
    { action: 'kafka-cluster:DescribeTopic', resource: inCluster('topic', topic) },
    { action: 'kafka-cluster:ReadData', resource: inCluster('topic', topic) },
    { action: 'kafka-cluster:DescribeGroup', resource: inCluster('group', groupId) },
    { action: 'kafka-cluster:AlterGroup', resource: inCluster('group', groupId) },
    { action: 'ec2:CreateNetworkInterface', resource: 'arn:aws:ec2:eu-west-1:111122223333:subnet/s' },
    { action: 'ec2:DescribeVpcs', resource: '*' },
    { action: 'logs:CreateLogStream', resource: logs },
    { action: 'logs:PutLogEvents', resource: logs },
  ];
}

/** All that would be an intrusion into a team's things. */
function intrusions(stage: StageName, victim: string): Call[] {
  const { groupId } = groups[victim]!;
  const table = arnOf(stage, victim, 'AWS::DynamoDB::Table');
  const key = arnOf(stage, victim, 'AWS::KMS::Key');
  const group = inCluster('group', groupId);
  const items = ['GetItem', 'Query', 'Scan', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];
  const buckets = resourcesOf(templateOf(stage, victim), 'AWS::S3::Bucket').map(
    ([id]) => `{${victim}.${id}.Arn}`,
  );
  return [
    ...['DescribeGroup', 'AlterGroup', 'DeleteGroup'].map((action) => ({
      action: `kafka-cluster:${action}`,
      resource: group,
    })),
    ...[...items, 'DeleteTable', 'UpdateTimeToLive'].map((action) => ({
      action: `dynamodb:${action}`,
      resource: table,
    })),
    { action: 'dynamodb:Query', resource: `${table}/index/any` },
    ...['dynamodb', 's3', 'lambda', 'secretsmanager'].flatMap((service) =>
      ['kms:Decrypt', 'kms:GenerateDataKey'].map((action) => ({
        action,
        resource: key,
        context: via(service),
      })),
    ),
    { action: 'kms:Decrypt', resource: key },
    ...buckets.flatMap((bucket) => [
      { action: 's3:PutObject', resource: `${bucket}/x` },
      { action: 's3:GetObject', resource: `${bucket}/x` },
      { action: 's3:ListBucket', resource: bucket },
    ]),
    {
      action: 'lambda:InvokeFunction',
      resource: arnOf(stage, victim, 'AWS::Lambda::Function', 'GroupHandler'),
    },
    { action: 'logs:PutLogEvents', resource: arnOf(stage, victim, 'AWS::Logs::LogGroup', 'GroupHandler') },
    ...resourcesOf(templateOf(stage, victim), 'AWS::SecretsManager::Secret').map(([id]) => ({
      action: 'secretsmanager:GetSecretValue',
      resource: `{${victim}.${id}}`,
    })),
  ];
}

function inWords(call: Call): string {
  return `${call.action} on ${call.resource} ${JSON.stringify(call.context ?? {})}`;
}

describe('isolation of groups', () => {
  before(async () => {
    const ledger = memoryLedger();
    const clock = steppedClock(START_MS);
    const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c', secrets: {} };
    const context = {
      awsRequestId: 'r',
      functionName: 'f',
      getRemainingTimeInMillis: () => 300_000,
    } as Context;
    const means = { config, client: ledger.client, clock };
    const handler = consumer(group, () => fold, means);
    const event = anEvent([...records(0, 5), aRecord({ offset: 5, text: 'no click' })]);
    const accept = [{ topic: 'ad_clicks', partition: 0, offsets: '5', reason: 'no click', who: 'ann' }];
    for (const delivery of [event, event, { records: {}, accept }])
      await handler(structuredClone(delivery), context);
    called.GroupHandler.push(...ledger.sent.flatMap(tableCallsOf));
    ledger.sent.length = 0;
    await scheduledRollup(group, means)({}, context, { signal: new AbortController().signal });
    called.GroupRollup.push(...ledger.sent.flatMap(tableCallsOf));
  });

  test('each function may do on its table what it calls there, and nothing that it never calls', () => {
    for (const stage of stageNames) {
      for (const team of teams) {
        const table = arnOf(stage, team, 'AWS::DynamoDB::Table');
        for (const role of ['GroupHandler', 'GroupRollup'] as const) {
          const statements = statementsOf(stage, team, role);
          const granted = statements.flatMap(({ Action }) =>
            [Action].flat().filter((action) => action.startsWith('dynamodb:')),
          );
          const actions = called[role].map(({ action }) => action);
          assert.ok(actions.length > 5);
          assert.deepEqual([...new Set(granted)].sort(), [...new Set(actions)].sort(), `${role} of ${team}`);
          for (const call of called[role].map(onTable(table)))
            assert.ok(isAllowed(statements, call), `${role} of ${team}: ${inWords(call)}`);
        }
      }
    }
  });

  test('a rollup writes no entry, a handler no statement line and no checkpoint, and neither what the layout has not (I4)', () => {
    const journal = 'ad_clicks@1#0';
    const foreign = {
      GroupHandler: ['advertiser#adv-7', `checkpoint#${journal}`, 'other@1#0', 'parked#other@1#0', 'x'],
      GroupRollup: [journal, 'journals', 'x'],
    };
    for (const stage of stageNames) {
      for (const team of teams) {
        const table = arnOf(stage, team, 'AWS::DynamoDB::Table');
        for (const role of ['GroupHandler', 'GroupRollup'] as const) {
          const statements = statementsOf(stage, team, role);
          for (const action of ['dynamodb:PutItem', 'dynamodb:UpdateItem']) {
            for (const keys of [...foreign[role].map((key) => [key]), [`parked#${journal}`, 'x'], []]) {
              const call = onTable(table)({ action, keys });
              assert.ok(!isAllowed(statements, call), `${role} of ${team}: ${inWords(call)}`);
            }
          }
        }
      }
    }
  });

  test('a table is written by the two roles of its group and by DynamoDB itself, whatever else the account allows', () => {
    for (const stage of stageNames) {
      for (const team of teams) {
        const template = templateOf(stage, team);
        const [table] = resourcesOf(template, 'AWS::DynamoDB::Table');
        const { PolicyDocument } = table![1].Properties.ResourcePolicy;
        const statements = owned<Statement[]>(team, template, PolicyDocument.Statement);
        const roleOf = (prefix: string) => arnOf(stage, team, 'AWS::IAM::Role', prefix);
        const denied = (action: string, by: string, service = 'false') => {
          const context = { 'aws:PrincipalArn': by, 'aws:PrincipalIsAWSService': service };
          const call = {
            principal: `AWS:${by}`,
            action: `dynamodb:${action}`,
            resource: 'the table',
            context,
          };
          return isDenied(statements, call);
        };
        const admin = 'arn:aws:iam::111122223333:role/Admin';
        const writes = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];
        const partiql = ['PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete'];
        for (const action of [...writes, ...partiql]) {
          assert.ok(denied(action, admin), action);
          for (const role of ['GroupScheduleRole', 'GroupRedriveRole'])
            assert.ok(denied(action, roleOf(role)), action);
          assert.ok(
            !denied(action, roleOf('GroupHandler')) && !denied(action, roleOf('GroupRollup')),
            action,
          );
          assert.ok(!denied(action, 'a service', 'true'), action);
        }
        const left = [
          'GetItem',
          'Query',
          'Scan',
          'PutResourcePolicy',
          'RestoreTableToPointInTime',
          'UpdateTable',
        ];
        for (const action of left) assert.ok(!denied(action, admin), action);
      }
    }
  });

  test('code of a handler has none of the rights that its pollers use, and keeps its logs and its ledger', () => {
    for (const stage of stageNames) {
      for (const team of teams) {
        const statements = statementsOf(stage, team, 'GroupHandler');
        const fromCode = (call: Call): Call => ({
          ...call,
          context: {
            ...call.context,
            'lambda:SourceFunctionArn': arnOf(stage, team, 'AWS::Lambda::Function'),
          },
        });
        const ofMapping = mappingCalls(stage, team);
        if (team === 'fraud')
          ofMapping.push({ action: 's3:PutObject', resource: `${arnOf(stage, team, 'AWS::S3::Bucket')}/x` });
        for (const call of ofMapping) {
          assert.ok(isAllowed(statements, call), inWords(call));
          const keeps = call.action.startsWith('logs:');
          assert.equal(isAllowed(statements, fromCode(call)), keeps, inWords(call));
        }
        const table = arnOf(stage, team, 'AWS::DynamoDB::Table');
        for (const call of called.GroupHandler.map(onTable(table)))
          assert.ok(isAllowed(statements, fromCode(call)), inWords(call));
      }
    }
  });

  test('a redrive role invokes the handler of its ledger by its own name, and does nothing else', () => {
    for (const stage of stageNames) {
      for (const team of teams) {
        const statements = statementsOf(stage, team, 'GroupRedriveRole');
        const handler = arnOf(stage, team, 'AWS::Lambda::Function', 'GroupHandler');
        const onFunction = [
          'UpdateFunctionCode',
          'UpdateFunctionConfiguration',
          'GetFunction',
          'AddPermission',
        ];
        const table = arnOf(stage, team, 'AWS::DynamoDB::Table');
        const refused: Call[] = [
          ...teams
            .flatMap((victim) => intrusions(stage, victim))
            .filter(({ resource }) => resource !== handler),
          ...mappingCalls(stage, team),
          ...[...called.GroupHandler, ...called.GroupRollup].map(onTable(table)),
          ...onFunction.map((action) => ({ action: `lambda:${action}`, resource: handler })),
          // As the mapping, or an older version.
          ...['mapping', '1'].map((name) => ({
            action: 'lambda:InvokeFunction',
            resource: `${handler}:${name}`,
          })),
          {
            action: 'lambda:InvokeFunction',
            resource: arnOf(stage, team, 'AWS::Lambda::Function', 'GroupRollup'),
          },
          { action: 'sts:AssumeRole', resource: arnOf(stage, team, 'AWS::IAM::Role', 'GroupHandler') },
        ];
        assert.ok(refused.length > 60);
        for (const call of refused) assert.ok(!isAllowed(statements, call), `${team}: ${inWords(call)}`);
        assert.ok(isAllowed(statements, { action: 'lambda:InvokeFunction', resource: handler }));
      }
    }
  });

  test('nobody else of a group invokes its handler; its redrive role is assumed from its account, by whom the account lets', () => {
    for (const stage of stageNames) {
      for (const team of teams) {
        const template = templateOf(stage, team);
        const handler = arnOf(stage, team, 'AWS::Lambda::Function', 'GroupHandler');
        const invokes = resourcesOf(template, 'AWS::IAM::Role')
          .map(([id]) => id)
          .filter((id) => {
            const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
              Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === id),
            );
            const statements = policies.flatMap(([, { Properties }]) =>
              owned<Statement[]>(team, template, Properties.PolicyDocument.Statement),
            );
            return isAllowed(statements, { action: 'lambda:InvokeFunction', resource: handler });
          });
        assert.equal(invokes.length, 1);
        const [role = ''] = invokes;
        assert.match(role, /^GroupRedriveRole/);
        const trust = evaluated(template, template.Resources[role]!.Properties.AssumeRolePolicyDocument);
        assert.deepEqual(trust.Statement, [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          },
        ]);
      }
    }
  });

  test('the handler has all that its mapping does in its name', () => {
    for (const stage of stageNames)
      for (const team of teams)
        for (const call of mappingCalls(stage, team))
          assert.ok(isAllowed(statementsOf(stage, team, 'GroupHandler'), call), `${team}: ${inWords(call)}`);
  });

  test('fraud may put what it gives up into its bucket, through its key, and reads nothing there', () => {
    for (const stage of stageNames) {
      const statements = statementsOf(stage, 'fraud', 'GroupHandler');
      const bucket = arnOf(stage, 'fraud', 'AWS::S3::Bucket');
      const key = arnOf(stage, 'fraud', 'AWS::KMS::Key');
      assert.ok(isAllowed(statements, { action: 's3:PutObject', resource: `${bucket}/any/key` }));
      assert.ok(isAllowed(statements, { action: 's3:ListBucket', resource: bucket }));
      assert.ok(isAllowed(statements, { action: 'kms:GenerateDataKey', resource: key, context: via('s3') }));
      assert.ok(!isAllowed(statements, { action: 'kms:Decrypt', resource: key, context: via('sqs') }));
      assert.ok(!isAllowed(statements, { action: 's3:GetObject', resource: `${bucket}/any/key` }));
    }
  });

  test("no role of a team joins another's group, or touches its table, key, bucket, secrets, logs or functions (I9)", () => {
    for (const stage of stageNames) {
      for (const team of teams) {
        const statements = statementsOf(stage, team, '');
        assert.ok(statements.length > 5);
        for (const victim of teams.filter((other) => other !== team)) {
          const calls = intrusions(stage, victim);
          assert.ok(calls.length > 20);
          for (const call of calls) assert.ok(!isAllowed(statements, call), `${team}: ${inWords(call)}`);
        }
      }
    }
  });

  test('the same calls are no intrusion for the owner where it needs them, so they are well aimed', () => {
    const owned = intrusions('prod', 'fraud').filter((call) =>
      isAllowed(statementsOf('prod', 'fraud', ''), call),
    );
    const services = new Set(owned.map(({ action }) => action.split(':')[0]));
    assert.deepEqual([...services].sort(), ['dynamodb', 'kafka-cluster', 'kms', 'lambda', 'logs', 's3']);
  });

  test('nobody writes to a topic, makes or deletes one, or alters the cluster', () => {
    for (const stage of stageNames) {
      for (const team of teams) {
        const statements = statementsOf(stage, team, '');
        const topic = inCluster('topic', groups[team]!.topic);
        for (const action of ['WriteData', 'CreateTopic', 'DeleteTopic', 'AlterTopic'])
          assert.ok(!isAllowed(statements, { action: `kafka-cluster:${action}`, resource: topic }));
        assert.ok(!isAllowed(statements, { action: 'kafka-cluster:AlterCluster', resource: cluster }));
        assert.ok(
          !isAllowed(statements, { action: 'kafka-cluster:ReadData', resource: inCluster('topic', 'x') }),
        );
      }
    }
  });

  test('buckets and alarm topics refuse whoever comes without TLS', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'fraud');
      const policies = ['AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy'].flatMap((type) =>
        resourcesOf(template, type).map(([, { Properties }]) => Properties.PolicyDocument.Statement),
      );
      assert.ok(policies.length >= 2);
      for (const policy of policies) {
        const statements = owned<Statement[]>('fraud', template, policy);
        const { Action, Resource } = statements.find(({ Effect }) => Effect === 'Deny')!;
        const action = [Action].flat()[0]!.replace('*', 'PutObject');
        const call = { principal: 'AWS:anybody', action, resource: [Resource].flat()[0]! };
        assert.ok(isDenied(statements, { ...call, context: { 'aws:SecureTransport': 'false' } }));
        assert.ok(!isDenied(statements, { ...call, context: { 'aws:SecureTransport': 'true' } }));
      }
    }
  });

  test('the evaluator knows wildcards, conditions and denials', () => {
    const all: Statement = { Effect: 'Allow', Action: 'dynamodb:*', Resource: 'arn:table/b*' };
    const call = { action: 'dynamodb:GetItem', resource: 'arn:table/billing' };
    assert.ok(isAllowed([all], call));
    assert.ok(!isAllowed([all], { ...call, resource: 'arn:table/fraud' }));
    assert.ok(!isAllowed([all, { ...all, Effect: 'Deny', Action: '*' }], call));
    const bound = { ...all, Condition: { StringEquals: { key: 'x' } } };
    assert.ok(!isAllowed([bound], call));
    assert.ok(isAllowed([bound], { ...call, context: { key: 'x' } }));
    const ofResource: Statement = { ...all, Principal: { Service: ['sns.amazonaws.com'] } };
    assert.ok(isAllowed([ofResource], { ...call, principal: 'Service:sns.amazonaws.com' }));
    assert.ok(!isAllowed([ofResource], { ...call, principal: 'Service:s3.amazonaws.com' }));
    assert.throws(() => isAllowed([ofResource], call), /needs to know who calls/);
    assert.throws(() => isAllowed([{ ...all, Condition: { IpAddress: { 'aws:SourceIp': 'x' } } }], call));
  });
});

interface TableCall {
  readonly action: string;
  /** The `pk` of all that the request names. */
  readonly keys: readonly string[];
}

function onTable(table: string): (call: TableCall) => Call {
  return ({ action, keys }) => ({
    action,
    resource: table,
    context: keys.length === 0 ? {} : { 'dynamodb:LeadingKeys': keys },
  });
}

type Written = {
  readonly Item?: Record<string, { S?: string }>;
  readonly Key?: Record<string, { S?: string }>;
};

function keyIn({ Item, Key }: Written): string[] {
  const { S: pk } = (Item ?? Key)?.['pk'] ?? {};
  return pk === undefined ? [] : [pk];
}

/**
 * `PutItemCommand` is `dynamodb:PutItem`. A transaction needs the rights to what is in it (Amazon DynamoDB docs: transaction-apis-iam); no
 * page says whether with the key of each item or of all, so both have to do.
 */
function tableCallsOf(command: Command): TableCall[] {
  if (!(command instanceof TransactWriteItemsCommand)) {
    const action = `dynamodb:${command.constructor.name.replace(/Command$/, '')}`;
    return [{ action, keys: keyIn(command.input as Written) }];
  }
  const calls = (command.input.TransactItems ?? []).flatMap((item) =>
    Object.entries(item).map(([kind, one]) => ({
      action: `dynamodb:${kind}Item`,
      keys: keyIn(one as Written),
    })),
  );
  const all = calls.flatMap(({ keys }) => keys);
  return calls.flatMap((call) => [call, { ...call, keys: all }]);
}
