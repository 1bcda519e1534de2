/** Cloud assemblies as `cdk synth` lays them out, with only what a test is about in them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../infra/local/template/cloud-assembly.ts';
import type { RuntimePlan } from '../../infra/local/template/planned.ts';
import { readPlan } from '../../infra/local/template/read-plan.ts';

export interface Template {
  readonly Parameters?: JsonObject;
  readonly Mappings?: JsonObject;
  readonly Conditions?: JsonObject;
  readonly Outputs?: JsonObject;
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Properties?: JsonObject;
        readonly Metadata?: JsonObject;
        readonly Condition?: string;
      }
    >
  >;
}

const secrets = (id: string) => `secret of ${id}`;

/** The object key of the one code asset that each assembly has: a folder with `index.mjs`. */
export const CODE = 'bundle.zip';

export function writeAssembly(folder: string, stacks: Readonly<Record<string, Template>>): string {
  const artifacts: Record<string, unknown> = {
    'bundle.assets': { type: 'cdk:asset-manifest', properties: { file: 'bundle.assets.json' } },
  };
  mkdirSync(join(folder, 'asset.bundle'), { recursive: true });
  writeFileSync(join(folder, 'asset.bundle/index.mjs'), 'export const handler = () => undefined;\n');
  const files = {
    bundle: {
      source: { path: 'asset.bundle', packaging: 'zip' },
      destinations: { here: { objectKey: CODE } },
    },
  };
  writeFileSync(join(folder, 'bundle.assets.json'), JSON.stringify({ files }));
  for (const [name, template] of Object.entries(stacks)) {
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: `${name}.template.json` },
    };
    writeFileSync(join(folder, `${name}.template.json`), JSON.stringify(template));
  }
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ version: '48.0.0', artifacts }));
  return folder;
}

export const aTopic = (name: string, more: JsonObject = {}) => ({
  Type: 'AWS::MSK::Topic',
  Properties: {
    ClusterArn: 'arn:aws:kafka:eu-west-1:1:cluster/c/1',
    TopicName: name,
    PartitionCount: 3,
    ReplicationFactor: 1,
    ...more,
  },
});

export const aFunction = (more: JsonObject = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { S3Bucket: 'b', S3Key: CODE },
    ...more,
  },
});

export const aMapping = (more: JsonObject = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    FunctionName: { Ref: 'Handler' },
    EventSourceArn: 'arn:aws:kafka:eu-west-1:1:cluster/c/1',
    Topics: ['clicks'],
    StartingPosition: 'TRIM_HORIZON',
    ...more,
  },
});

/** A plan of one stack named `app`. */
export function planOf(folder: string, template: Template): RuntimePlan {
  return readPlan(writeAssembly(folder, { app: template }), { secrets });
}

/** What CloudFormation would hand to a function as its variable VALUE. */
export function variableFor(
  folder: string,
  value: Json,
  template: Partial<Template> = {},
  others: Readonly<Record<string, Template>> = {},
): string | undefined {
  const Resources = {
    Probe: aFunction({ Environment: { Variables: { VALUE: value } } }),
    Rule: everyMinute('Probe'),
    ...template.Resources,
  };
  const plan = readPlan(writeAssembly(folder, { app: { ...template, Resources }, ...others }), { secrets });
  return plan.functions.find(({ logicalId }) => logicalId === 'Probe')?.environment['VALUE'];
}

export const everyMinute = (logicalId: string) => ({
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    ScheduleExpression: 'rate(1 minute)',
    Target: { Arn: { 'Fn::GetAtt': [logicalId, 'Arn'] }, RoleArn: 'r' },
  },
});
