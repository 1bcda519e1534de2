/**
 * Whether a client, such as a producer, can reach the brokers from where it is: the brokers' inbound rule, the routes in both directions,
 * and the access lists. Pure, like the checks of pollers. DNS and a firewall in between are in no table: test them by a connection from the
 * client itself.
 */
import type { Check, Needs } from './check.ts';
import { ANSWER_PORTS, isOpen } from './checks.ts';
import { hasPort, isWithin, type Network, type Route } from './network.ts';

/** Where clients are: a range of addresses, a security group, or a subnet read from EC2. */
export type Client =
  | { readonly cidr: string }
  | { readonly group: string }
  | {
      readonly subnet: string;
      readonly cidr: string;
      readonly routes: readonly Route[];
      readonly dns: boolean;
    };

const RULES_PAGE = 'Amazon VPC docs: security-group-rules';
const ROUTES_PAGE =
  'Amazon VPC docs: vpc-peering-routing, tgw-route-tables: each side needs a route to the other';
const ACL_PAGE = 'Amazon VPC docs: vpc-network-acls';
const DNS_PAGE = 'Amazon VPC docs: AmazonDNS-concepts';

export function checkClient(network: Network, { port }: Needs, client: Client): Check[] {
  const name = 'subnet' in client ? client.subnet : 'group' in client ? client.group : client.cidr;
  const rule = admitted(network, port, name, 'group' in client ? client.group : client.cidr);
  if ('group' in client) return [rule];
  return [
    rule,
    routesBack(network, name, client.cidr),
    accessLists(network, port, name, client.cidr),
    ...('subnet' in client ? [routesThere(network, client), resolves(client)] : []),
  ];
}

function admitted({ groups }: Network, port: number, name: string, peer: string): Check {
  const by = groups.find(({ rules }) =>
    rules.some(
      ({ direction, ports, peers }) =>
        direction === 'in' &&
        hasPort(ports, port) &&
        peers.some((one) => one === peer || isWithin(peer, one)),
    ),
  );
  return {
    name: `from ${name}, rule of the brokers`,
    verdict: by === undefined ? 'fail' : 'pass',
    found:
      by === undefined ? `no group of the brokers lets it in on ${port}` : `${by.id} lets it in on ${port}`,
    rule: RULES_PAGE,
    todo: by === undefined ? `name it in network.clients of infra/aws/stages.ts and deploy the stream` : '',
  };
}

function routesBack({ subnets, planned }: Network, name: string, cidr: string): Check {
  const without = subnets.filter(({ routes }) => routeTo(routes, cidr) === undefined).map(({ id }) => id);
  const found =
    without.length === 0
      ? `every subnet of the brokers has one to ${cidr}`
      : `no active route to ${cidr} from ${without.join(', ')}`;
  return {
    name: `from ${name}, routes back`,
    verdict: without.length === 0 ? 'pass' : planned === true ? 'warn' : 'fail',
    found: without.length > 0 && planned === true ? `${found}; a template has none, others add them` : found,
    rule: ROUTES_PAGE,
    todo:
      without.length === 0
        ? ''
        : `add to each route table of the brokers (RouteTableIds of the stream's outputs) a route to ${cidr} by the peering connection or transit gateway`,
  };
}

function routesThere({ subnets }: Network, client: Extract<Client, { subnet: string }>): Check {
  const without = subnets.filter(({ cidr }) => routeTo(client.routes, cidr) === undefined);
  return {
    name: `from ${client.subnet}, routes there`,
    verdict: without.length === 0 ? 'pass' : 'fail',
    found:
      without.length === 0
        ? 'to every subnet of the brokers'
        : `no active route to ${without.map(({ cidr }) => cidr).join(', ')}`,
    rule: ROUTES_PAGE,
    todo:
      without.length === 0
        ? ''
        : `add to the route table of ${client.subnet} a route to the brokers' VPC (VpcCidr of the stream's outputs)`,
  };
}

function accessLists({ subnets }: Network, port: number, name: string, cidr: string): Check {
  const peer = { cidr };
  const closed = subnets.flatMap((own) => [
    ...(isOpen(own, 'in', port, peer) ? [] : [`${own.id} in on ${port}`]),
    ...ANSWER_PORTS.filter((each) => !isOpen(own, 'out', each, peer)).map(
      (each) => `${own.id} out on ${each}`,
    ),
  ]);
  return {
    name: `from ${name}, access lists`,
    verdict: closed.length === 0 ? 'pass' : 'fail',
    found: closed.length === 0 ? `open to ${cidr}` : `closed to ${cidr}: ${closed.join(', ')}`,
    rule: ACL_PAGE,
    todo: closed.length === 0 ? '' : `allow TCP ${port} in from ${cidr} and 1024 to 65535 out to it`,
  };
}

function resolves({ subnet, dns }: Extract<Client, { subnet: string }>): Check {
  return {
    name: `from ${subnet}, names of the brokers`,
    verdict: dns ? 'pass' : 'warn',
    found: dns ? "by the VPC's own resolver" : "the VPC's own resolver is off",
    rule: DNS_PAGE,
    todo: dns
      ? ''
      : "let the clients' own resolver answer with private addresses for kafka.<region>.amazonaws.com",
  };
}

/** The narrowest route that holds the whole range decides; undefined if that one leads nowhere. */
function routeTo(routes: readonly Route[], cidr: string): Route | undefined {
  const bits = ({ to }: Route) => Number(to.split('/')[1]);
  const [best] = routes.filter(({ to }) => isWithin(cidr, to)).toSorted((a, b) => bits(b) - bits(a));
  return best?.active === true ? best : undefined;
}
