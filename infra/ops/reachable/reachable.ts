/**
 * `npm run reachable`: whether Lambda's pollers can reach the brokers and what they need besides, before anything is deployed on it. Looks at
 * a synthesized template or at what stands on AWS, and changes nothing.
 */

import { EC2Client } from '@aws-sdk/client-ec2';
import { operatorRequests } from '../../../shared/bounded-requests.ts';
import { UserError } from '../../terminal/user-error.ts';
import { runCommand } from '../ops-error.ts';
import type { Check } from './check.ts';
import { checkNetwork } from './checks.ts';
import { type Client, clientChecks } from './client-checks.ts';
import { clientsFromEc2, networkFromEc2 } from './from-ec2.ts';
import { networkFromTemplate } from './from-template.ts';
import type { Network } from './network.ts';
import { type ReachableRequest, readReachableRequest, USAGE } from './request.ts';

async function looked({ of, from }: ReachableRequest): Promise<{ network: Network; clients: Client[] }> {
  const known = from.flatMap((each) => ('subnet' in each ? [] : [each]));
  if ('template' in of) return { network: networkFromTemplate(of.template), clients: known };
  const client = new EC2Client(operatorRequests);
  const subnets = from.flatMap((each) => ('subnet' in each ? [each.subnet] : []));
  try {
    const network = await networkFromEc2(client, of.subnets, of.groups);
    return {
      network,
      clients: [...known, ...(subnets.length > 0 ? await clientsFromEc2(client, subnets) : [])],
    };
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

if (import.meta.main) {
  await runCommand(async () => {
    const request = readReachableRequest(process.argv.slice(2));
    if (request === undefined) return console.log(USAGE);
    const { network, clients } = await looked(request);
    const checks = [
      ...checkNetwork(network, request),
      ...clients.flatMap((client) => clientChecks(network, request, client)),
    ];
    if (request.json) console.log(JSON.stringify({ source: network.source, checks }));
    else console.log(checkLines(network, checks).join('\n'));
    if (checks.some(({ verdict }) => verdict === 'fail')) process.exitCode = 1;
  });
}
