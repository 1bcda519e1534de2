/**
 * Templates of a stage as tests read them: synthesized in this process without bundling, and evaluated as a deployment
 * would, with an account, a region and the published parameters filled in.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { groups } from '../../../functions/index.ts';
import type { Deployed } from '../../../infra/aws/deployed.ts';
import type { Groups } from '../../../infra/aws/group-rules.ts';
import { addStacks, featureFlags } from '../../../infra/aws/stacks.ts';
import { type StageConfig, type StageName, stages } from '../../../infra/aws/stages.ts';

/** CDK's own check of templates costs seconds; stacks.test.ts has it run over both stages, once. */
process.env['CDK_VALIDATION'] = 'false';

interface CfnResource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape, and the assertions say which.
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

export interface CfnTemplate {
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: string }>>;
  readonly Resources: Readonly<Record<string, CfnResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: unknown }>>;
}

/** All templates of a stage, by the name of the stack; what is deployed is the committed record unless said. */
export function templatesOf(
  stage: StageName,
  given: Groups = groups,
  deployed?: Deployed,
  context: Readonly<Record<string, unknown>> = {},
  config: StageConfig = stages[stage],
): ReadonlyMap<string, CfnTemplate> {
  const outdir = mkdtempSync(join(tmpdir(), 'clickledger-templates-'));
  const app = unbundledApp(outdir, context);
  addStacks(app, stage, given, deployed, config);
  const templates = app.synth().stacks.map(({ stackName, template }) => [stackName, template] as const);
  rmSync(outdir, { recursive: true });
  return new Map(templates);
}

/** A stage whose subnets have a way to Lambda and STS, as pollers on demand need. */
export function reachingLambda(stage: StageName): StageConfig {
  return { ...stages[stage], network: { ...stages[stage].network, reachesLambda: true } };
}

/** A stage that asks for all that a stage can ask for: an operator's instance for every team, and audit trails. */
export function askingForAll(stage: StageName): StageConfig {
  return { ...stages[stage], operator: { teams: Object.keys(groups) }, auditTrail: true };
}

/** An app as infra/app.ts makes it, but without running esbuild. */
export function unbundledApp(outdir: string, context: Readonly<Record<string, unknown>> = {}): App {
  return new App({
    analyticsReporting: false,
    outdir,
    context: { ...context, 'aws:cdk:bundling-stacks': [] },
    postCliContext: featureFlags,
  });
}

/** The one template of an owner: `stream`, or the name of a team's folder. */
export function templateOf(stage: StageName, owner: string): CfnTemplate {
  let templates = synthesized.get(stage);
  if (templates === undefined) {
    templates = templatesOf(stage);
    synthesized.set(stage, templates);
  }
  const template = templates.get(`clickledger-${stage}-${owner}`);
  if (template === undefined) throw new Error(`no stack of ${owner} in ${stage}`);
  return template;
}

const synthesized = new Map<StageName, ReadonlyMap<string, CfnTemplate>>();

export function resourcesOf(template: CfnTemplate, type: string): [id: string, resource: CfnResource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** The only resource of its type, or of those the one whose id begins so. */
export function resourceOf(template: CfnTemplate, type: string, idPrefix = ''): CfnResource {
  const found = resourcesOf(template, type).filter(([id]) => id.startsWith(idPrefix));
  if (found.length !== 1) throw new Error(`${found.length} resources of ${type} begin with '${idPrefix}'`);
  return found[0]![1];
}

const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
  'AWS::AccountId': '111122223333',
};

/** What the published parameters hold in the evaluated templates. */
const publishedFacts: Readonly<Record<string, string>> = {
  'cluster-arn': 'arn:aws:kafka:eu-west-1:111122223333:cluster/clickledger/UUID-1',
  incarnation: '1',
  log: 'unsaid',
};

/** Evaluates the intrinsic functions in use; a resource of the template itself becomes `{id}` or `{id.Attribute}`. */
// biome-ignore lint/suspicious/noExplicitAny: see CfnResource.
export function evaluated(template: CfnTemplate, value: any): any {
  if (Array.isArray(value)) return value.map((item) => evaluated(template, item));
  if (value === null || typeof value !== 'object') return value;
  if ('Ref' in value) return refOf(template, value.Ref);
  if ('Fn::GetAtt' in value) return `{${value['Fn::GetAtt'].join('.')}}`;
  if ('Fn::Join' in value) return evaluated(template, value['Fn::Join'][1]).join(value['Fn::Join'][0]);
  if ('Fn::Select' in value) {
    const [index, list] = value['Fn::Select'];
    return evaluated(template, list)[index];
  }
  if ('Fn::Split' in value) return evaluated(template, value['Fn::Split'][1]).split(value['Fn::Split'][0]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, evaluated(template, item)]));
}

function refOf(template: CfnTemplate, id: string): string {
  const path = template.Parameters?.[id]?.Default;
  if (path === undefined) return pseudoParameters[id] ?? `{${id}}`;
  return publishedFacts[path.split('/').at(-1) ?? ''] ?? `{${path}}`;
}
