/** `clickledger record`: writes what CloudFormation has of a stage's stacks into the committed record `infra/deployed/<stage>.json`. */
import { writeFileSync } from 'node:fs';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { operatorRequests } from '../../shared/bounded-requests.ts';
import { getDeployedPath, readDeployed } from '../aws/deployed.ts';
import { formatRecord, recordDeployed } from '../aws/record-deployed.ts';
import { type StageName, stages } from '../aws/stages.ts';
import { defineCommand } from '../terminal/command.ts';
import { parseOneOf } from '../terminal/values.ts';

const stageNames = Object.keys(stages) as StageName[];

export const record = defineCommand(
  'record',
  'Records what CloudFormation has deployed of a stage, for synthesis to compare with.',
)
  .requiredOption('--stage <name>', 'which stage', parseOneOf(...stageNames))
  .requiredOption('--owners <name,…>', 'whose stacks: stream, or the names of teams')
  .addHelpText(
    'after',
    '\nIt asks CloudFormation with the usual AWS_REGION and credentials, and needs the rights DescribeStacks and GetTemplate.',
  )
  .action(async (values) => {
    const { stage } = values;
    const owners = values.owners.split(',');
    const client = new CloudFormationClient(operatorRequests);
    try {
      const recorded = await recordDeployed(readDeployed(stage), stage, owners, client);
      writeFileSync(getDeployedPath(stage), formatRecord(recorded));
    } finally {
      client.destroy();
    }
    console.log(
      `${getDeployedPath(stage)} records what CloudFormation has of ${owners.join(', ')}. Commit it.`,
    );
  });
