/** `clickledger reachable`: whether Lambda's pollers, and clients, can reach the brokers. It reads a template or AWS, and changes nothing. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { InvalidArgumentError } from 'commander';
import { operatorRequests } from '../../shared/bounded-requests.ts';
import type { Check, Needs } from '../ops/reachable/check.ts';
import { checkNetwork } from '../ops/reachable/checks.ts';
import { type Client, checkClient } from '../ops/reachable/client-checks.ts';
import { readClientsFromEc2, readNetworkFromEc2 } from '../ops/reachable/from-ec2.ts';
import { readNetworkFromTemplate } from '../ops/reachable/from-template.ts';
import { ANYWHERE, isWithin, type Network } from '../ops/reachable/network.ts';
import { defineCommand } from '../terminal/command.ts';
import { UserError } from '../terminal/user-error.ts';
import { parseList, parseMatching, parseOneOf } from '../terminal/values.ts';
import { jsonOption } from './target.ts';

type From = { readonly cidr: string } | { readonly group: string } | { readonly subnet: string };

function clientAt(given: string): From {
  if (/^sg-[0-9a-f]{8,17}$/.test(given)) return { group: given };
  if (/^subnet-[0-9a-f]{8,17}$/.test(given)) return { subnet: given };
  if (isWithin(given, ANYWHERE)) return { cidr: given };
  throw new InvalidArgumentError(
    'Allowed are a range like 10.60.0.0/20, a security group or a subnet by id, joined by commas.',
  );
}

const subnetId = parseMatching(
  /^subnet-[0-9a-f]{8,17}$/,
  'ids like subnet-0123456789abcdef0, joined by commas',
);
const groupId = parseMatching(/^sg-[0-9a-f]{8,17}$/, 'ids like sg-0123456789abcdef0, joined by commas');

export const reachable = defineCommand(
  'reachable',
  'Checks whether pollers and clients can reach the brokers.',
  { 0: 'all pass', 1: 'something fails' },
)
  .option(
    '--template <file>',
    'a synthesized template with a cluster and its VPC, like cdk.out/clickledger-dev-stream.template.json',
  )
  .option(
    '--subnets <id,…>',
    'or the client subnets of a deployed cluster, with the usual AWS_REGION and credentials',
    parseList(subnetId),
  )
  .option('--security-groups <id,…>', 'of that cluster', parseList(groupId))
  .option(
    '--pollers <mode>',
    'provisioned or on-demand',
    parseOneOf('provisioned', 'on-demand'),
    'provisioned' as const,
  )
  .option(
    '--port <n>',
    'of the brokers: 9098 IAM, 9096 SCRAM, 9094 TLS, 9092 plain text',
    parseOneOf('9098', '9096', '9094', '9092'),
    '9098' as const,
  )
  .option('--secret', 'the mapping signs in with a secret')
  .option(
    '--destination <name,…>',
    'services that failures go to: s3, sqs, sns',
    parseList(parseOneOf('s3', 'sqs', 'sns')),
    [],
  )
  .option(
    '--from <place,…>',
    'also whether clients can reach the brokers: their range, security group, or subnets of this account',
    parseList(clientAt),
    [],
  )
  .addOption(jsonOption)
  .action(async (values) => {
    const { network, clients } = await readNetwork(readSubject(values));
    const needs: Needs = {
      pollers: values.pollers,
      port: Number(values.port),
      secret: values.secret === true,
      destinations: values.destination,
    };
    const checks = [
      ...checkNetwork(network, needs),
      ...clients.flatMap((client) => checkClient(network, needs, client)),
    ];
    if (values.json) console.log(JSON.stringify({ source: network.source, checks }));
    else console.log(checkLines(network, checks).join('\n'));
    if (checks.some(({ verdict }) => verdict === 'fail')) process.exitCode = 1;
  });

type Values = ReturnType<typeof reachable.opts>;

interface Subject {
  /** A template's file, or ids of what is deployed. */
  readonly of: { readonly template: string } | { readonly subnets: string[]; readonly groups: string[] };
  readonly clients: readonly Client[];
  /** Of this account: their addresses are read from EC2. */
  readonly clientSubnets: readonly string[];
}

/** Throws `UserError` unless exactly one network is named. */
export function readSubject(
  values: Pick<Values, 'template' | 'subnets' | 'securityGroups' | 'from'>,
): Subject {
  const { template, subnets, securityGroups: groups, from } = values;
  const clients = from.flatMap((each) => ('subnet' in each ? [] : [each]));
  const clientSubnets = from.flatMap((each) => ('subnet' in each ? [each.subnet] : []));
  if (template === undefined) {
    if (subnets === undefined || groups === undefined)
      throw new UserError('no network is named: give --template, or --subnets with --security-groups');
    return { of: { subnets, groups }, clients, clientSubnets };
  }
  if (subnets !== undefined || groups !== undefined)
    throw new UserError(
      '--template is given with --subnets or --security-groups: allowed is a template, or what is deployed',
    );
  if (clientSubnets.length > 0)
    throw new UserError(
      '--from has a subnet, which a template knows nothing of: give its range, or check what is deployed',
    );
  return { of: { template }, clients, clientSubnets };
}

async function readNetwork({
  of,
  clients,
  clientSubnets,
}: Subject): Promise<{ network: Network; clients: Client[] }> {
  if ('template' in of) return { network: readNetworkFromTemplate(of.template), clients: [...clients] };
  const client = new EC2Client(operatorRequests);
  try {
    const network = await readNetworkFromEc2(client, of.subnets, of.groups);
    const others = clientSubnets.length > 0 ? await readClientsFromEc2(client, clientSubnets) : [];
    return { network, clients: [...clients, ...others] };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new UserError(
      `EC2 does not answer (${said}): set AWS_REGION and credentials that may ec2:Describe* subnets, route tables, access lists, security groups, endpoints and VPC attributes`,
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
    `${count('pass')} pass, ${count('warn')} to check, ${count('fail')} fail`,
  ];
}
