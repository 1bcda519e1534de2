/** docs/deploying.md: its code synthesizes, its figures are the planner's, its tables are what the templates say. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { groups } from '../functions/index.ts';
import { type StageName, stages } from '../infra/aws/stages.ts';
import { readInputs, size } from '../infra/cli/size.ts';
import { getPrice, readPrices } from '../infra/ops/size/prices.ts';
import { planLoad } from '../infra/ops/size/size.ts';
import { commandsIn, inlineCommands, shellBlocks } from './docs/shell-commands.ts';
import { askingForAll, type CfnTemplate, templateOf, templatesOf } from './infra/aws/templates.ts';
import { isAllowed, type Statement } from './support/iam.ts';
import { parsed } from './support/parsed.ts';
import { root } from './support/runtime-folder.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const page = readFileSync(join(root, 'docs/deploying.md'), 'utf8');

/** That `PER_BROKER` publishes beyond the free level, about (docs/adr/0023-alarms.md). */
const EXPRESS_METRICS = 37;

function blocks(language: string): string[] {
  return Array.from(
    page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs')),
    ([, block = '']) => block,
  );
}

/** Types that stay when the stack goes. */
function retained({ Resources }: CfnTemplate): string[] {
  const kept = Object.values(Resources).filter(
    ({ DeletionPolicy = 'Delete' }) => DeletionPolicy !== 'Delete',
  );
  return [...new Set(kept.map(({ Type }) => Type))].sort();
}

describe('the page on deploying', () => {
  it("its app of somebody else's synthesizes, and reads from the other account's connection", async (t) => {
    const folder = join(realpathSync(temporaryFolder(t)), 'app');
    mkdirSync(folder);
    symlinkSync(root, join(folder, 'clickledger'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'app.ts'), blocks('ts').join('\n'));
    const env = {
      ...process.env,
      CDK_OUTDIR: join(folder, 'out'),
      CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [] }),
    };

    await promisify(execFile)(process.execPath, ['app.ts'], { cwd: folder, env });

    const template = JSON.parse(
      readFileSync(join(folder, 'out/Billing.template.json'), 'utf8'),
    ) as CfnTemplate;
    const [mapping] = Object.values(template.Resources).filter(
      ({ Type }) => Type === 'AWS::Lambda::EventSourceMapping',
    );
    assert.match(mapping?.Properties.EventSourceArn, /:vpc-connection\/111122223333\/clicks\//);
    assert.match(JSON.stringify(template.Resources), /"kafka:DescribeVpcConnection"/);
    assert.match(JSON.stringify(template.Resources), /:topic\/.*ad_clicks/);
  });

  it('names exactly what stays when a stack goes', () => {
    const rowOf = (name: string) =>
      Array.from(
        new RegExp(`^\\| ${name} +\\| (.*)\\|$`, 'm').exec(page)?.[1]?.matchAll(/`([^`]+)`/g) ?? [],
        ([, type]) => type,
      ).sort();
    const ofTeams = Object.keys(groups).flatMap((team) => retained(templateOf('prod', team)));

    assert.deepEqual(rowOf('stream'), retained(templateOf('prod', 'stream')));
    assert.deepEqual(rowOf('each team'), [...new Set(ofTeams)].sort());
  });

  it("its figures of both stages are the planner's", () => {
    const [, given = ''] = /`npx clickledger size (--clicks-per-second [^`]+)`/.exec(page) ?? [];
    const planOf = (stage: StageName) => planLoad(readInputs(parsed(size, `${given} --stage ${stage}`)));
    const { cluster: dev } = planOf('dev');
    const { cluster: prod, group } = planOf('prod');
    const metricUsd = getPrice(readPrices(), 'metric');
    const poller = group['event pollers']?.value ?? 0;

    const rows = Array.from(page.matchAll(/\| +(\d+\.\d\d) \| +(\d+\.\d\d) \|$/gm), ([, dev, prod]) => [
      Number(dev),
      Number(prod),
    ]);
    assert.deepEqual(rows, [
      [dev['brokers']?.value, prod['brokers']?.value],
      [dev['storage']?.value, 0],
      [poller, poller],
      [0, stages.prod.brokers.count * EXPRESS_METRICS * metricUsd],
    ]);
    const rest = Object.values(group).reduce((sum, { value }) => sum + value, 0) - poller;
    assert.ok(rest > 15 && rest < 30, `${rest} is about twenty`);
    const said = /about (\d+) dollars in dev and (\d),(\d+) in prod/.exec(page) ?? [];
    for (const [column, figure] of [Number(said[1]), Number(`${said[2]}${said[3]}`)].entries()) {
      const sum = rows.reduce((total, row) => total + (row[column] ?? 0), poller + 2 * rest);
      assert.ok(Math.abs(figure - sum) < 0.03 * sum, `${figure} is about ${sum}`);
    }
  });

  it("the load that it prices is the planner's default", () => {
    const total = Object.values(planLoad(readInputs(parsed(size, []))).cluster).reduce(
      (sum, { value }) => sum + value,
      0,
    );
    assert.match(
      page,
      new RegExp(`${total.toLocaleString('en', { maximumFractionDigits: 2 })} for the cluster`),
    );
  });

  it("the producer's policy is what an idempotent producer needs, and no more", () => {
    const text = readFileSync(join(root, 'docs/producers.md'), 'utf8');
    const [, json = ''] = /^```json\n(.*?)^```/ms.exec(text) ?? [];
    const { Statement } = JSON.parse(json) as { Statement: Statement[] };
    const cluster = String(Statement[0]?.Resource);
    const topic = String(Statement[1]?.Resource);
    assert.equal(topic, `${cluster.replace(':cluster/', ':topic/')}/${stages.prod.topics[0].name}`);
    const calls = [
      ['Connect', cluster],
      ['WriteDataIdempotently', cluster],
      ['DescribeTopic', topic],
      ['WriteData', topic],
    ];
    for (const [action, resource] of calls)
      assert.ok(isAllowed(Statement, { action: `kafka-cluster:${action}`, resource: resource! }), action);
    assert.equal(Statement.flatMap(({ Action }) => Action).length, calls.length);
  });

  it('whoever is on call has the right to every command of the runbook', () => {
    const [row = ''] = /^\| whoever is on call .*$/m.exec(page) ?? [];
    const [operator = ''] = /^\| an operator, from the operator's instance .*$/m.exec(page) ?? [];
    const [, services = '', actions = ''] = /read access to (.*?`); (.*)/.exec(row) ?? [];
    const reads = /^(describe|get|list|lookup|query|tail|ls|wait)/;
    const texts = readdirSync(join(root, 'docs/runbook')).map((file) =>
      readFileSync(join(root, 'docs/runbook', file), 'utf8'),
    );
    const scripts = texts.flatMap((text) => [...shellBlocks(text), ...inlineCommands(text, ['aws'])]);
    const used = scripts
      .flatMap(commandsIn)
      .filter(({ words }) => words[0] === 'aws')
      .map(({ words: [, service = '', operation = ''] }) => [service.replace(/^s3api$/, 's3'), operation]);
    assert.ok(used.length > 40);
    const isGranted = ([service = '', operation = '']: string[]) => {
      const action = operation.replaceAll(/(^|-)(\w)/g, (_, _dash, letter: string) => letter.toUpperCase());
      const named = `\`${service}:${action}`;
      return (
        (reads.test(operation) && services.includes(`\`${service}\``)) ||
        actions.includes(`${named}\``) ||
        operator.includes(`${named}\``)
      );
    };
    const lacking = used.filter((each) => !isGranted(each)).map((each) => each.join(' '));
    assert.deepEqual([...new Set(lacking)], []);
    assert.ok(!isGranted(['lambda', 'delete-function']) && !isGranted(['rds', 'describe-instances']));
  });

  it('the services of its table are those of the templates', () => {
    const services: Readonly<Record<string, string>> = {
      CloudTrail: 'cloudtrail',
      CloudWatch: 'cloudwatch',
      DynamoDB: 'dynamodb',
      EC2: 'ec2',
      IAM: 'iam',
      KMS: 'kms',
      Lambda: 'lambda',
      Logs: 'logs',
      MSK: 'kafka',
      S3: 's3',
      SNS: 'sns',
      SSM: 'ssm',
      Scheduler: 'scheduler',
      SecretsManager: 'secretsmanager',
    };
    const rows = [
      ['the stream', ['stream']],
      ['a team', Object.keys(groups)],
      ['the operator stack', ['operator']],
    ] as const;
    const templates = templatesOf('prod', groups, undefined, {}, askingForAll('prod'));
    for (const [row, owners] of rows) {
      const said = new RegExp(`^\\| ${row} .*$`, 'm').exec(page)?.[0] ?? '';
      for (const owner of owners)
        for (const { Type } of Object.values(templates.get(`clickledger-prod-${owner}`)!.Resources))
          assert.ok(said.includes(`\`${services[Type.split('::')[1] ?? '']}\``), `${row}: ${Type}`);
    }
  });
});
