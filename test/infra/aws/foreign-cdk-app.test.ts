/**
 * The CDK app of docs/consumer-group.md, word for word, in a folder outside the repository and in a process of its own: plain
 * JavaScript that finds this package and aws-cdk-lib as packages, with real bundles. And what else an app may ask for.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { ConsumerGroup } from '../../../infra/aws/consumer-group.ts';
import { groupRules } from '../../../infra/aws/group-rules.ts';
import { CLUSTER_ARN, propsOf, refusalsIn, spent, synthesized } from './foreign-app.ts';
import { type CfnTemplate, evaluated, resourceOf, resourcesOf } from './templates.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/consumer-group.md'), 'utf8');
const run = promisify(execFile);

function writeApp(folder: string): void {
  for (const [, file = '', code = ''] of page.matchAll(/^`([\w/.]+)`\n\n```js\n([\s\S]*?)```$/gm)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  }
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  const packages = join(folder, 'node_modules');
  mkdirSync(packages);
  symlinkSync(root, join(packages, 'clickledger'));
  for (const name of ['aws-cdk-lib', 'constructs', 'esbuild', '.bin'])
    symlinkSync(join(root, 'node_modules', name), join(packages, name));
}

/** Actions on their resources, of all statements that begin with one of these services. */
function rightsIn(template: CfnTemplate, role: string, ...services: string[]): string[] {
  const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(([id]) => id.startsWith(role));
  return policies
    .flatMap(([, { Properties }]) => evaluated(template, Properties.PolicyDocument.Statement))
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource }) => [Action].flat().map((action: string) => `${action} ${Resource}`))
    .filter((right) => services.some((service) => right.startsWith(`${service}:`)))
    .sort();
}

describe('a foreign CDK app', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clickledger-app-of-others-'));
  let template: CfnTemplate;

  before(async () => {
    writeApp(folder);
    const outdir = join(folder, 'cdk.out');
    await run(process.execPath, ['app.mjs'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], CDK_OUTDIR: outdir },
    });
    template = JSON.parse(readFileSync(join(outdir, 'Orders.template.json'), 'utf8'));
  });

  after(() => rmSync(folder, { recursive: true }));

  test('as documented it synthesizes a group on its own cluster, without parameters of anybody', () => {
    const mapping = evaluated(template, resourceOf(template, 'AWS::Lambda::EventSourceMapping').Properties);
    const arn = 'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0a1b2c3d-4e5f-6789-abcd-0123456789ab-7';

    assert.equal(mapping.EventSourceArn, arn);
    assert.deepEqual(mapping.Topics, ['shop_clicks']);
    assert.deepEqual(mapping.ProvisionedPollerConfig, { MinimumPollers: 1, MaximumPollers: 6 });
    assert.deepEqual(Object.keys(template.Parameters ?? {}), ['BootstrapVersion']);
    assert.equal(resourcesOf(template, 'AWS::SSM::Parameter').length, 0);
    assert.doesNotMatch(JSON.stringify(template), /clickledger-(dev|prod)|billing|fraud/);
    assert.deepEqual(rightsIn(template, 'GroupHandler', 'kafka-cluster'), [
      `kafka-cluster:AlterGroup ${arn.replace(':cluster/', ':group/')}/orders-service`,
      `kafka-cluster:Connect ${arn}`,
      `kafka-cluster:DescribeClusterDynamicConfiguration ${arn}`,
      `kafka-cluster:DescribeGroup ${arn.replace(':cluster/', ':group/')}/orders-service`,
      `kafka-cluster:DescribeTopic ${arn.replace(':cluster/', ':topic/')}/shop_clicks`,
      `kafka-cluster:ReadData ${arn.replace(':cluster/', ':topic/')}/shop_clicks`,
    ]);
  });

  test('its bundles run by themselves, and ask for their environment', async () => {
    for (const [, { Properties }] of resourcesOf(template, 'AWS::Lambda::Function')) {
      const asset = join(
        folder,
        'cdk.out',
        `asset.${Properties.Code.S3Key.replace('.zip', '')}`,
        'index.mjs',
      );
      const script = `await import('${pathToFileURL(asset).href}')`;
      await assert.rejects(
        run(process.execPath, ['--input-type=module', '-e', script], { cwd: tmpdir(), env: {} }),
        /LEDGER_TABLE is not set/,
      );
    }
  });

  test('the page names every rule, and what it rests on', () => {
    for (const { id, because } of groupRules) assert.ok(page.includes(`- \`${id}\`: ${because}`), id);
  });

  test('a group that is used twice is refused across stacks, unless they are deployed elsewhere', () => {
    const another = (account?: string) =>
      refusalsIn((stack, app) => {
        const env = account === undefined ? undefined : { account, region: 'eu-west-1' };
        const other = new Stack(app, 'Other', env && { env });
        new ConsumerGroup(stack, 'Orders', propsOf());
        new ConsumerGroup(other, 'Orders', propsOf());
      });

    const lines = another();
    assert.match(
      lines.join('\n'),
      /\[Shop\/Orders\] groupId is 'orders-service', which 'Other\/Orders' has too; allowed/,
    );
    assert.match(lines.join('\n'), /\[Other\/Orders\] ledger is 'orders', which 'Shop\/Orders' has too/);
    assert.equal(lines.filter((line) => line.includes('[group-id-once]')).length, 2);
    assert.deepEqual(another('111122223333'), []);
  });

  test('a poller group takes 2,000 pollers of all its mappings together, and not one more', () => {
    const lines = (max: number, group: string) =>
      refusalsIn((stack) => {
        const topic = { partitions: 2_000, retentionHours: 168, incarnation: 1 };
        const of = (ledger: string, max: number | 'partitions', group: string) =>
          propsOf({ ledger, groupId: ledger, pollers: { min: 1, max, group } }, { topic });
        new ConsumerGroup(stack, 'Orders', of('orders', max, group));
        new ConsumerGroup(stack, 'Returns', of('returns', 1_000, 'shop'));
      });

    assert.deepEqual(lines(1_000, 'shop'), []);
    assert.deepEqual(lines(1_001, 'own'), []);
    assert.equal(lines(1_001, 'shop').length, 2);
    assert.match(
      lines(1_001, 'shop')[0]!,
      /pollers\.group 'shop' are 2001 together; allowed are 2000: lower pollers\.max.*\[poller-group-full\]/,
    );
  });

  test('faults of all groups of the app are told at once, and misspelt data before anything is made', () => {
    const lines = refusalsIn((stack) => {
      new ConsumerGroup(stack, 'A', propsOf({ groupId: 'a:b', startingPosition: 'LATEST' }));
      new ConsumerGroup(stack, 'B', propsOf({ ledger: 'other', batch: { records: 0 } }));
    });
    assert.deepEqual(
      lines.map((line) => /^ *\[([\w/]+)\].*\[([\w-]+)\]$/.exec(line)?.slice(1).join(' ')),
      ['Shop/A group-id', 'Shop/A complete-from-the-start', 'Shop/B batch-records'],
    );
    assert.deepEqual(
      refusalsIn((stack) => void new ConsumerGroup(stack, 'A', propsOf({ topic: 7, retries: 3 }))),
      [
        '[Shop/A] topic is 7, must be a text',
        '[Shop/A] retries is no property, allowed are ledger, groupId, topic, contract, count, startingPosition, batch, retry, pollers, filters, offsets, rejects, entryDays, sandbox, secrets, slo, alarms',
      ],
    );
  });

  test('a group that CDK itself could not build is refused by the rule it breaks', () => {
    const lines = refusalsIn((stack) => void new ConsumerGroup(stack, 'A', propsOf({ groupId: '' })));

    assert.match(lines.join('\n'), /groupId is ''; allowed is .*\[group-id\]/);
  });

  test('a queue, an SNS topic and a topic of the cluster as destinations, each with its rights alone', () => {
    const cases = [
      {
        of: (stack: Stack) => ({
          queueArn: new Queue(stack, 'Dead').queueArn,
          keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-4e5f-6789-abcd-0123456789ab',
        }),
        told: /^\{Dead\w+\.Arn\}$/,
        rights: [/^kms:Decrypt arn/, /^kms:GenerateDataKey arn/, /^sqs:SendMessage \{Dead\w+\.Arn\}$/],
      },
      {
        of: (stack: Stack) => ({ snsTopicArn: new Topic(stack, 'Dead').topicArn }),
        told: /^\{Dead\w+\}$/,
        rights: [/^sns:Publish \{Dead\w+\}$/],
      },
      {
        of: () => ({ bucketArn: 'arn:aws:s3:::dead' }),
        told: /^arn:aws:s3:::dead$/,
        rights: [/^s3:ListBucket arn:aws:s3:::dead$/, /^s3:PutObject arn:aws:s3:::dead\/\*$/],
      },
      { of: () => ({ kafkaTopic: 'orders_dead' }), told: /^kafka:\/\/orders_dead$/, rights: [] },
    ];
    for (const { of, told, rights } of cases) {
      const made = synthesized((stack) => {
        new ConsumerGroup(stack, 'Orders', propsOf({ retry: { ...spent, destination: of(stack) } }));
      });
      const { DestinationConfig } = resourceOf(made, 'AWS::Lambda::EventSourceMapping').Properties;
      assert.match(evaluated(made, DestinationConfig.OnFailure.Destination), told);
      const granted = rightsIn(made, 'OrdersHandler', 's3', 'sqs', 'sns', 'kms').filter(
        (right) => !right.includes('{OrdersKey'),
      );
      assert.equal(granted.length, rights.length, granted.join('\n'));
      for (const [index, right] of rights.entries()) assert.match(granted[index]!, right);
      const writes = rightsIn(made, 'OrdersHandler', 'kafka-cluster').filter((right) =>
        right.includes('Write'),
      );
      const topic = `${CLUSTER_ARN.replace(':cluster/', ':topic/')}/orders_dead`;
      assert.deepEqual(writes, told.source.includes('kafka') ? [`kafka-cluster:WriteData ${topic}`] : []);
    }
  });

  test('an app may bring its key, and may have all removed with the stack', () => {
    const made = synthesized((stack) => {
      const key = Key.fromKeyArn(
        stack,
        'Key',
        'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-4e5f-6789-abcd-0123456789ab',
      );
      const removalPolicy = RemovalPolicy.DESTROY;
      new ConsumerGroup(stack, 'Orders', propsOf({ secrets: ['PEPPER'] }, { key, removalPolicy }));
    });

    assert.equal(resourcesOf(made, 'AWS::KMS::Key').length, 0);
    const table = resourceOf(made, 'AWS::DynamoDB::Table');
    assert.equal(table.DeletionPolicy, 'Delete');
    assert.equal(table.Properties.DeletionProtectionEnabled, false);
    assert.equal(
      table.Properties.SSESpecification.KMSMasterKeyId,
      'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-4e5f-6789-abcd-0123456789ab',
    );
    assert.equal(resourceOf(made, 'AWS::SecretsManager::Secret').DeletionPolicy, 'Delete');
  });
});
