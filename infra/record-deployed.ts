/**
 * `npm run deployed -- --stage prod --owners billing`: writes into the committed record of what stands,
 * `infra/deployed/<stage>.json`, what the templates say now of the stacks of these owners, and leaves the rest as it is. To be run once a deployment has gone through, and committed: from then on synthesis
 * refuses what CloudFormation would answer with 409, by doing nothing, or by replacing, and a test refuses to lose a
 * logical id. It reads the record that stands while it synthesizes, so it can't paper over such a change.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { App, type Stack } from 'aws-cdk-lib/core';
import { groups } from '../functions/index.ts';
import { type Deployed, deployedPath, readDeployed, recordOf } from './aws/deployed.ts';
import { addStacks, featureFlags } from './aws/stacks.ts';
import { type StageName, stageNamed } from './aws/stages.ts';

const USAGE = `npm run deployed -- --stage STAGE --owners OWNER[,OWNER] [--without-mapping TEAM[,TEAM]]
  records what of the stage stands on AWS, after a deployment
  --owners           whose stacks were deployed: stream, or the names of teams
  --without-mapping  those that were deployed without their mapping, on the way to another one`;

interface Recording {
  readonly stage: StageName;
  readonly owners: readonly string[];
  /** As the context of `cdk deploy` had it. */
  readonly withoutMapping?: string | undefined;
}

/** The record with the stacks of these owners as they are now. Synthesized without bundles: code is no part of it. */
export function recordDeployed(standing: Deployed, { stage, owners, withoutMapping }: Recording): Deployed {
  const context = { 'aws:cdk:bundling-stacks': [], ...(withoutMapping && { withoutMapping }) };
  const app = new App({ analyticsReporting: false, context, postCliContext: featureFlags });
  const { stream, groups: ofGroups } = addStacks(app, stage, groups, standing);
  const stacks = new Map<string, Stack>([['stream', stream], ...ofGroups]);
  const assembly = app.synth();
  const recorded = owners.map((owner) => {
    const stack = stacks.get(owner);
    if (stack === undefined)
      throw new Error(`--owners names '${owner}', allowed are ${[...stacks.keys()].join(', ')}`);
    const { stackName, template } = assembly.getStackByName(stack.stackName);
    return [stackName, recordOf(template)] as const;
  });
  return { ...standing, ...Object.fromEntries(recorded) };
}

export function recordText(record: Deployed): string {
  const inOrder = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`;
}

function main(): void {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { stage: text, owners: text, 'without-mapping': text } });
  if (values.stage === undefined) throw new Error('--stage is not given');
  if (values.owners === undefined) throw new Error('--owners is not given');
  const stage = stageNamed(values.stage);
  const owners = values.owners.split(',');
  const recording = { stage, owners, withoutMapping: values['without-mapping'] };
  writeFileSync(deployedPath(stage), recordText(recordDeployed(readDeployed(stage), recording)));
  console.log(`${deployedPath(stage)} says what of ${owners.join(', ')} stands. Commit it.`);
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exitCode = 1;
  }
}
