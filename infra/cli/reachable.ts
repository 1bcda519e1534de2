/** `clickledger reachable`: whether Lambda's pollers, and clients, can reach the brokers. It reads a template or AWS, and changes nothing. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { InvalidArgumentError } from 'commander';
import { operatorRequests } from '../../shared/bounded-requests.ts';
import type { Check, Needs } from '../ops/reachable/check.ts';
import { checkNetwork } from '../ops/reachable/checks.ts';
import { type Client, clientChecks } from '../ops/reachable/client-checks.ts';
import { clientsFromEc2, networkFromEc2 } from '../ops/reachable/from-ec2.ts';
import { networkFromTemplate } from '../ops/reachable/from-template.ts';
import { ANYWHERE, type Network, within } from '../ops/reachable/network.ts';
import { defineCommand } from '../terminal/command.ts';
import { UserError } from '../terminal/user-error.ts';
import { listOf, oneOf, textMatching } from '../terminal/values.ts';

type From = { readonly cidr: string } | { readonly group: string } | { readonly subnet: string };

function clientAt(given: string): From {
  if (/^sg-[0-9a-f]{8,17}$/.test(given)) return { group: given };
  if (/^subnet-[0-9a-f]{8,17}$/.test(given)) return { subnet: given };
  if (within(given, ANYWHERE)) return { cidr: given };
  throw new InvalidArgumentError(
    'Allowed are a range like 10.60.0.0/20, a security group or a subnet by id, joined by commas.',
  );
}

const subnetId = textMatching(
  /^subnet-[0-9a-f]{8,17}$/,
  'ids like subnet-0123456789abcdef0, joined by commas',
);
const groupId = textMatching(/^sg-[0-9a-f]{8,17}$/, 'ids like sg-0123456789abcdef0, joined by commas');

export const reachable = defineCommand(
  'reachable',
  'Checks whether pollers and clients can reach the brokers.',
)
  .option(
    '--template <file>',
    'a synthesized template with a cluster and its VPC, like cdk.out/clickledger-dev-stream.template.json',
  )
  .option(
    '--subnets <id,…>',
    'or the client subnets of a deployed cluster, with the usual AWS_REGION and credentials',
    listOf(subnetId),
  )
  .option('--security-groups <id,…>', 'of that cluster', listOf(groupId))
  .option(
    '--pollers <mode>',
    'provisioned or on-demand',
    oneOf('provisioned', 'on-demand'),
    'provisioned' as const,
  )
  .option(
    '--port <n>',
    'of the brokers: 9098 IAM, 9096 SCRAM, 9094 TLS, 9092 plain text',
    oneOf('9098', '9096', '9094', '9092'),
    '9098' as const,
  )
  .option('--secret', 'the mapping signs in with a secret')
  .option(
    '--destination <name,…>',
    'services that failures go to: s3, sqs, sns',
    listOf(oneOf('s3', 'sqs', 'sns')),
    [],
  )
  .option(
    '--from <place,…>',
    'also whether clients can reach the brokers: their range, security group, or subnets of this account',
    listOf(clientAt),
    [],
  )
  .option('--json', 'one object for programs')
  .addHelpText('after', '\nExit code: 0 all pass, 1 something fails, 2 could not tell.')
  .action(async (values) => {
    const { network, clients } = await readNetwork(values);
    const needs: Needs = {
      pollers: values.pollers,
      port: Number(values.port),
      secret: values.secret === true,
      destinations: values.destination,
    };
    const checks = [
      ...checkNetwork(network, needs),
      ...clients.flatMap((client) => clientChecks(network, needs, client)),
    ];
    if (values.json) console.log(JSON.stringify({ source: network.source, checks }));
    else console.log(checkLines(network, checks).join('\n'));
    if (checks.some(({ verdict }) => verdict === 'fail')) process.exitCode = 1;
  });

interface Subject {
  readonly template?: string | undefined;
  readonly subnets?: readonly string[] | undefined;
  readonly securityGroups?: readonly string[] | undefined;
  readonly from: readonly From[];
}

async function readNetwork(subject: Subject): Promise<{ network: Network; clients: Client[] }> {
  const { template, subnets, securityGroups, from } = subject;
  const known = from.flatMap((each) => ('subnet' in each ? [] : [each]));
  const ofClients = from.flatMap((each) => ('subnet' in each ? [each.subnet] : []));
  if (template !== undefined) {
    if (subnets !== undefined || securityGroups !== undefined)
      throw new UserError(
        '--template is given with --subnets or --security-groups: allowed is a template, or what is deployed',
      );
    if (ofClients.length > 0)
      throw new UserError(
        '--from has a subnet, which a template knows nothing of: give its range, or check what is deployed',
      );
    return { network: networkFromTemplate(template), clients: known };
  }
  if (subnets === undefined || securityGroups === undefined)
    throw new UserError('nothing to look at: give --template, or --subnets with --security-groups');
  const client = new EC2Client(operatorRequests);
  try {
    const network = await networkFromEc2(client, subnets, securityGroups);
    const clients = ofClients.length > 0 ? await clientsFromEc2(client, ofClients) : [];
    return { network, clients: [...known, ...clients] };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new UserError(
      `EC2 could not be asked (${said}): set AWS_REGION and credentials that may ec2:Describe* subnets, route tables, access lists, security groups, endpoints and VPC attributes`,
      cause,
    );
  } finally {
    client.destroy();
  }
}

function checkLines(network: Network, checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const count = (verdict: Check['verdict']) => checks.filter((check) => check.verdict === verdict).length;
  return [
    `${network.source}: subnets ${network.subnets.map(({ id }) => id).join(', ')}; security groups ${network.groups.map(({ id }) => id).join(', ')}`,
    ...checks.flatMap(({ name, verdict, found, rule, todo }) => [
      `${verdict.toUpperCase().padEnd(4)}  ${name.padEnd(width)}  ${found}`,
      `      ${' '.repeat(width)}  (${rule})`,
      ...(todo === '' ? [] : [`      ${' '.repeat(width)}  -> ${todo}`]),
    ]),
    `${count('pass')} pass, ${count('warn')} to look at, ${count('fail')} fail`,
  ];
}
