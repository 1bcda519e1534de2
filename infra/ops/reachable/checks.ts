/**
 * Whether pollers can reach the brokers and what else they need: one row for each rule, with the page that makes it and what to do.
 * Pure, over plain data, so that it judges what EC2 answers and what a template says in the same way.
 */
import { type Check, NETWORK_PAGE, type Needs } from './check.ts';
import { type AclRule, hasPort, isWithin, type Network, type Subnet } from './network.ts';
import { checkDestination, checkServices } from './service-checks.ts';

const ACL_PAGE = 'Amazon VPC docs: vpc-network-acls';
/** Answers go back to ports of the asker's choosing; these are the ends and a usual one. */
export const ANSWER_PORTS = [1_024, 32_768, 65_535];

export function checkNetwork(network: Network, needs: Needs): Check[] {
  return [
    selfReference(network, needs.port, 'in'),
    selfReference(network, needs.port, 'out'),
    accessLists(network, needs.port),
    ...checkServices(network, needs),
    ...needs.destinations.map((service) => checkDestination(network, needs, service)),
  ];
}

/** Pollers carry the cluster's groups, so the rule is from the groups to themselves; a range that holds all subnets does as well. */
function selfReference({ groups, subnets }: Network, port: number, direction: 'in' | 'out'): Check {
  const ids = groups.map(({ id }) => id);
  const name = `brokers, ${direction} on ${port}`;
  const rule = `${NETWORK_PAGE}: the cluster's security group allows itself ${direction} on the broker's port`;
  for (const { id, rules } of groups) {
    for (const { peers, ports } of rules.filter((each) => each.direction === direction)) {
      const peer = peers.find(
        (one) =>
          ids.includes(one) || (subnets.length > 0 && subnets.every(({ cidr }) => isWithin(cidr, one))),
      );
      if (peer !== undefined && hasPort(ports, port))
        return { name, verdict: 'pass', found: `${id} allows ${peer}`, rule, todo: '' };
    }
  }
  const [first = 'the group'] = ids;
  return {
    name,
    verdict: 'fail',
    found: `no rule of ${ids.join(', ')} allows it`,
    rule,
    todo: `add to ${first} a rule ${direction} for TCP ${port} whose ${direction === 'in' ? 'source' : 'destination'} is ${first} itself`,
  };
}

/** Lists of a subnet know no state, so the way there and the way back have to be open on both sides. */
function accessLists({ subnets }: Network, port: number): Check {
  const closed = subnets.flatMap((own) =>
    subnets.flatMap((peer) =>
      (['in', 'out'] as const).flatMap((direction) =>
        [port, ...ANSWER_PORTS]
          .filter((each) => !isOpen(own, direction, each, peer))
          .map((each) => `${own.id} ${direction} on ${each} for ${peer.cidr}`),
      ),
    ),
  );
  const [first, ...more] = closed;
  return {
    name: 'access lists of the subnets',
    verdict: first === undefined ? 'pass' : 'fail',
    found:
      first === undefined
        ? 'open among the subnets'
        : `closed: ${first}${more.length > 0 ? `, and ${more.length} more` : ''}`,
    rule: `${ACL_PAGE}: the broker's port and the answers to it have to pass, in and out`,
    todo: first === undefined ? '' : `allow TCP ${port} and 1024 to 65535 among the subnets, in and out`,
  };
}

export function isOpen(
  subnet: Subnet,
  direction: AclRule['direction'],
  port: number,
  peer: Pick<Subnet, 'cidr'>,
): boolean {
  const decisive = subnet.acl.find(
    (rule) => rule.direction === direction && hasPort(rule.ports, port) && isWithin(peer.cidr, rule.cidr),
  );
  return decisive?.allows === true;
}
