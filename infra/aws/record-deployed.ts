/** The record of what is deployed of a stage, from the templates that CloudFormation has. */
import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { groups } from '../../functions/index.ts';
import { formatOwnName } from '../../shared/published.ts';
import { UserError } from '../terminal/user-error.ts';
import { buildRecord, type Deployed } from './deployed.ts';
import type { StageName } from './stages.ts';

/** A stack in any other state is not deployed, or not yet. */
const DEPLOYED = /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE$/;

/** The client of CloudFormation, or a test's. */
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
  if (unknown !== undefined)
    throw new UserError(`--owners names '${unknown}', allowed are ${known.join(', ')}`);
  const records: [string, Deployed[string]][] = [];
  for (const owner of owners) {
    const stackName = formatOwnName({ stage, owner });
    records.push([stackName, buildRecord(await deployedTemplate(stackName, cloudFormation))]);
  }
  return { ...recorded, ...Object.fromEntries(records) };
}

async function deployedTemplate(stackName: string, cloudFormation: Asked): Promise<object> {
  const status = await statusOf(stackName, cloudFormation);
  if (!DEPLOYED.test(status))
    throw new UserError(`stack ${stackName} is ${status}: record it once its deployment has succeeded`);
  const { TemplateBody } = await cloudFormation.send(new GetTemplateCommand({ StackName: stackName }));
  return JSON.parse(TemplateBody ?? '{}');
}

async function statusOf(stackName: string, cloudFormation: Asked): Promise<string> {
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }));
    return Stacks[0]?.StackStatus ?? 'unknown';
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
      throw new UserError(
        `stack ${stackName} does not exist in this account and region: deploy it first`,
        error,
      );
    throw error;
  }
}

export function formatRecord(record: Deployed): string {
  const inOrder = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`;
}
