/** The operator's instance: there only if asked for, reached by Session Manager alone, able to do its work and nothing else. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { groups } from '../../../functions/index.ts';
import type { Groups } from '../../../infra/aws/group-rules.ts';
import { bundleCommands, operatorCommands } from '../../../infra/aws/operator-stack.ts';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { type Call, isAllowed, type Statement } from '../../support/iam.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type CfnTemplate, evaluated, resourceOf, resourcesOf, templatesOf } from './templates.ts';

function withOperator(teams: readonly string[], stage: StageName = 'prod'): ReadonlyMap<string, CfnTemplate> {
  return templatesOf(stage, groups, {}, {}, { ...stages[stage], operator: { teams } });
}
const operatorOf = (teams: readonly string[], stage: StageName = 'prod') =>
  withOperator(teams, stage).get(`clickledger-${stage}-operator`)!;

/** As the group's stack publishes it. */
const published = (ledger: string, fact: string) => `{/clickledger/prod/ledger/${ledger}/${fact}}`;
const cluster = 'arn:aws:kafka:eu-west-1:111122223333:cluster/clickledger/UUID-1';
const inCluster = (kind: string, name: string) => `${cluster.replace(':cluster/', `:${kind}/`)}/${name}`;
const via = (service: string) => ({ 'kms:ViaService': `${service}.eu-west-1.amazonaws.com` });

function rightsOf(template: CfnTemplate): Statement[] {
  return resourcesOf(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
    evaluated(template, Properties.PolicyDocument.Statement),
  );
}

/** What audit, redrive, replay and statement call for one team. */
function work(team: string): Call[] {
  const { ledger, topic, groupId, retry } = groups[team]!;
  const table = published(ledger, 'table-arn');
  const bucket = published(ledger, 'bucket-arn');
  const key = published(ledger, 'key-arn');
  return [
    { action: 'kafka-cluster:Connect', resource: cluster },
    { action: 'kafka-cluster:DescribeTopic', resource: inCluster('topic', topic) },
    { action: 'kafka-cluster:ReadData', resource: inCluster('topic', topic) },
    { action: 'kafka-cluster:DescribeGroup', resource: inCluster('group', groupId) },
    ...['GetItem', 'Query', 'Scan'].map((action) => ({ action: `dynamodb:${action}`, resource: table })),
    { action: 'sts:AssumeRole', resource: published(ledger, 'redrive-role-arn') },
    { action: 'kms:Decrypt', resource: key, context: via('dynamodb') },
    ...(retry.until === 'spent'
      ? [
          { action: 's3:ListBucket', resource: bucket },
          { action: 's3:GetObject', resource: `${bucket}/any` },
          { action: 'kms:Decrypt', resource: key, context: via('s3') },
        ]
      : []),
  ];
}

describe('operator stack', () => {
  test('there is none unless the stage asks for one, and the other stacks are the same with it', () => {
    for (const stage of Object.keys(stages) as StageName[]) {
      const without = templatesOf(stage, groups, {});
      const { operator: asked, ...rest } = stages[stage];
      assert.equal(without.has(`clickledger-${stage}-operator`), asked !== undefined);
      const bare = templatesOf(stage, groups, {}, {}, rest);
      for (const [name, template] of bare)
        assert.deepEqual(withOperator(Object.keys(groups), stage).get(name), template, name);
    }
  });

  test('it may do all that its commands do for the teams that are named, and nothing for others (I9)', () => {
    const statements = rightsOf(operatorOf(['fraud']));

    for (const call of work('fraud')) assert.ok(isAllowed(statements, call), JSON.stringify(call));
    const ofOthers = work('billing').filter(({ resource }) => !/cluster|topic/.test(resource));
    assert.ok(ofOthers.length >= 5);
    for (const call of ofOthers) assert.ok(!isAllowed(statements, call), JSON.stringify(call));
  });

  test('Session Manager has all that its agent calls (AWS Systems Manager docs: getting-started-create-iam-instance-profile)', () => {
    const statements = rightsOf(operatorOf(['billing']));
    const channels = ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'];
    for (const action of ['ssm:UpdateInstanceInformation', ...channels.map((name) => `ssmmessages:${name}`)])
      assert.ok(isAllowed(statements, { action, resource: '*' }), action);
  });

  test('it asks for the bucket of a group that has one of its own, and of no other, since nobody would publish it', () => {
    const { fraud } = groups;
    assert.ok(fraud?.retry.until === 'spent');
    const queue = {
      ...fraud,
      retry: { ...fraud.retry, destination: { queueArn: 'arn:aws:sqs:eu-west-1:111122223333:undone' } },
    };
    const paths = (given: Groups) => {
      const config = { ...stages.prod, operator: { teams: ['fraud'] } };
      const template = templatesOf('prod', given, {}, {}, config).get('clickledger-prod-operator')!;
      return Object.values(template.Parameters ?? {}).map((parameter) => parameter.Default);
    };
    const bucket = '/clickledger/prod/ledger/fraud/bucket-arn';
    assert.ok(paths(groups).includes(bucket));
    assert.ok(!paths({ ...groups, fraud: queue }).includes(bucket));
  });

  test('it writes no ledger, topic or object, joins no group, and changes no function', () => {
    const statements = rightsOf(operatorOf(Object.keys(groups)));
    for (const { ledger, topic, groupId } of Object.values(groups)) {
      const calls: Call[] = [
        ...['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'DeleteTable'].map((action) => ({
          action: `dynamodb:${action}`,
          resource: published(ledger, 'table-arn'),
        })),
        { action: 'kafka-cluster:WriteData', resource: inCluster('topic', topic) },
        { action: 'kafka-cluster:AlterTopic', resource: inCluster('topic', topic) },
        { action: 'kafka-cluster:AlterGroup', resource: inCluster('group', groupId) },
        { action: 'kafka-cluster:DeleteGroup', resource: inCluster('group', groupId) },
        { action: 's3:PutObject', resource: `${published(ledger, 'bucket-arn')}/x` },
        { action: 's3:DeleteObject', resource: `${published(ledger, 'bucket-arn')}/x` },
        {
          action: 'lambda:UpdateFunctionCode',
          resource: 'arn:aws:lambda:eu-west-1:111122223333:function:any',
        },
        { action: 'lambda:InvokeFunction', resource: 'arn:aws:lambda:eu-west-1:111122223333:function:any' },
        { action: 'sts:AssumeRole', resource: 'arn:aws:iam::111122223333:role/any' },
        { action: 'kms:Decrypt', resource: published(ledger, 'key-arn') },
        { action: 'ssm:SendCommand', resource: '*' },
        { action: 'ssm:GetParameter', resource: 'arn:aws:ssm:eu-west-1:111122223333:parameter/any' },
      ];
      for (const call of calls) assert.ok(!isAllowed(statements, call), JSON.stringify(call));
    }
    for (const { Action } of statements)
      for (const action of [Action].flat())
        if (!action.startsWith('s3:')) assert.doesNotMatch(action, /\*/, action);
  });

  test('nobody gets in but by Session Manager: no address, no key pair, no rule in, no way to the internet', () => {
    const template = operatorOf(['billing']);
    const { Properties: instance } = resourceOf(template, 'AWS::EC2::Instance');
    const { Properties: own } = resourceOf(template, 'AWS::EC2::SecurityGroup', 'SecurityGroup');

    assert.equal(instance.KeyName, undefined);
    assert.equal(instance.NetworkInterfaces, undefined);
    assert.notEqual(resourceOf(template, 'AWS::EC2::Subnet').Properties.MapPublicIpOnLaunch, true);
    assert.equal(own.SecurityGroupIngress, undefined);
    assert.deepEqual(
      own.SecurityGroupEgress.map(({ ToPort }: { ToPort: number }) => ToPort),
      [443, 9098],
    );
    for (const type of [
      'AWS::EC2::Route',
      'AWS::EC2::InternetGateway',
      'AWS::EC2::NatGateway',
      'AWS::EC2::EIP',
    ])
      assert.deepEqual(resourcesOf(template, type), [], type);
    const services = resourcesOf(template, 'AWS::EC2::VPCEndpoint').map(([, { Properties }]) =>
      evaluated(template, Properties.ServiceName).split('.').at(-1),
    );
    assert.deepEqual(services.sort(), ['dynamodb', 'lambda', 's3', 'ssm', 'ssmmessages', 'sts']);
  });

  test('the brokers admit it on the IAM listener, and its subnet lies beside theirs', () => {
    for (const stage of Object.keys(stages) as StageName[]) {
      const template = operatorOf(['billing'], stage);
      const ingress = evaluated(
        template,
        resourceOf(template, 'AWS::EC2::SecurityGroupIngress', 'ToBrokers').Properties,
      );
      assert.deepEqual([ingress.FromPort, ingress.ToPort], [9098, 9098]);
      assert.equal(ingress.GroupId, `{/clickledger/${stage}/network/broker-security-group-id}`);
      const { CidrBlock } = resourceOf(template, 'AWS::EC2::Subnet').Properties;
      assert.equal(CidrBlock, stages[stage].network.cidr.replace('.0.0/16', '.255.240/28'));
    }
  });

  test('each command is one file that runs in a folder with no packages near it', (t) => {
    const folder = temporaryFolder(t);
    bundleCommands(folder);

    const files = operatorCommands.map((name) => `${name}.mjs`);
    assert.deepEqual(readdirSync(folder).sort(), files.sort());
    for (const name of operatorCommands) {
      const said = execFileSync(process.execPath, [join(folder, `${name}.mjs`), '--help'], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.ok(said.startsWith(`Usage: clickledger ${name} [options]\n`), said);
    }
  });

  test('what the instance does when it is made is a script, and its command says what there is', (t) => {
    const template = operatorOf(['billing']);
    const { UserData } = resourceOf(template, 'AWS::EC2::Instance').Properties;
    const script: string = evaluated(template, UserData['Fn::Base64']);
    execFileSync('bash', ['-n'], { input: script });
    assert.match(script, /^dnf install -y nodejs24$/m);
    const [, command = ''] = /<<'END'\n(.*?)^END$/ms.exec(script) ?? [];
    const file = join(temporaryFolder(t), 'clickledger');
    writeFileSync(file, command, { mode: 0o755 });

    const { status, stderr } = spawnSync(file, ['audits'], { encoding: 'utf8' });

    assert.equal(status, 2);
    assert.equal(stderr, 'clickledger audit|redrive|replay|statement [options]\n');
  });

  test('teams that do not exist, and none at all, are refused in a sentence', () => {
    assert.throws(
      () => operatorOf(['billing', 'payments']),
      /operator\.teams of stage 'prod' has 'payments', allowed are billing, fraud/,
    );
    assert.throws(
      () => operatorOf([]),
      /operator\.teams of stage 'prod' has nobody, allowed are billing, fraud/,
    );
  });
});
