/**
 * `npm run deployed -- --stage prod --owners billing`: asks CloudFormation which templates these owners' stacks have, and writes what of
 * them may not change into the committed record, `infra/deployed/<stage>.json`; the rest of the record stays as it is. To be run after a
 * deployment, and committed: from then on synthesis refuses what CloudFormation would answer with 409, ignore, or carry
 * out by replacing data.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { groups } from '../functions/index.ts';
import { type Deployed, deployedPath, readDeployed, recordOf } from './aws/deployed.ts';
import { ownName } from './aws/published.ts';
import { type StageName, stageNamed } from './aws/stages.ts';

const USAGE = `npm run deployed -- --stage STAGE --owners OWNER[,OWNER]
  asks CloudFormation, with the usual AWS_REGION and credentials, what of the stage is deployed, and records it
  --owners   whose stacks: stream, or the names of teams
It needs the rights cloudformation:DescribeStacks and GetTemplate.`;

/** A stack in any other state is not deployed, or not yet. */
const DEPLOYED = /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE$/;

/** Of CloudFormation, and of a test's stand-in. */
type Asked = Pick<CloudFormationClient, 'send'>;

/** The record with the stacks of these owners as CloudFormation has them. */
export async function recordDeployed(
  recorded: Deployed,
  stage: StageName,
  owners: readonly string[],
  cloudFormation: Asked,
): Promise<Deployed> {
  const known = ['stream', ...Object.keys(groups)];
  const unknown = owners.find((owner) => !known.includes(owner));
  if (unknown !== undefined) throw new Error(`--owners names '${unknown}', allowed are ${known.join(', ')}`);
  const records: [string, Deployed[string]][] = [];
  for (const owner of owners) {
    const stackName = ownName({ stage, owner });
    records.push([stackName, recordOf(await deployedTemplate(stackName, cloudFormation))]);
  }
  return { ...recorded, ...Object.fromEntries(records) };
}

async function deployedTemplate(stackName: string, cloudFormation: Asked): Promise<object> {
  const status = await statusOf(stackName, cloudFormation);
  if (!DEPLOYED.test(status))
    throw new Error(`stack ${stackName} is ${status}: record it once its deployment has succeeded`);
  const { TemplateBody } = await cloudFormation.send(new GetTemplateCommand({ StackName: stackName }));
  return JSON.parse(TemplateBody ?? '{}');
}

async function statusOf(stackName: string, cloudFormation: Asked): Promise<string> {
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }));
    return Stacks[0]?.StackStatus ?? 'unknown';
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
      throw new Error(`stack ${stackName} does not exist in this account and region: deploy it first`, {
        cause: error,
      });
    throw error;
  }
}

export function recordText(record: Deployed): string {
  const inOrder = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`;
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { stage: text, owners: text, help: { type: 'boolean' } } });
  if (values.help) return console.log(USAGE);
  if (values.stage === undefined) throw new Error(`--stage is missing\n${USAGE}`);
  if (values.owners === undefined) throw new Error(`--owners is missing\n${USAGE}`);
  const stage = stageNamed(values.stage);
  const owners = values.owners.split(',');
  const client = new CloudFormationClient({
    maxAttempts: 4,
    // Without the last, the SDK only warns of an answer that doesn't come.
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
  try {
    const record = await recordDeployed(readDeployed(stage), stage, owners, client);
    writeFileSync(deployedPath(stage), recordText(record));
  } finally {
    client.destroy();
  }
  console.log(`${deployedPath(stage)} records what CloudFormation has of ${owners.join(', ')}. Commit it.`);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(`clickledger: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
  }
}
