/**
 * The services that pollers call: Lambda to invoke and STS to take on the role, in on-demand mode; none in provisioned mode, where Lambda
 * comes from outside the VPC (AWS Lambda docs: kafka-scaling-modes). And the service of a failure destination.
 */
import { type Check, NETWORK_PAGE, type Needs } from './check.ts';
import { ANYWHERE, type Endpoint, hasPort, isWithin, type Network, type SecurityGroup } from './network.ts';

const HTTPS = 443;
const MODES_PAGE = 'AWS Lambda docs: kafka-scaling-modes';
const FAILURE_PAGE = 'AWS Lambda docs: kafka-on-failure';

const actions: Readonly<Record<string, string>> = {
  lambda: 'lambda:InvokeFunction',
  sts: 'sts:AssumeRole',
  secretsmanager: 'secretsmanager:GetSecretValue',
};

export function checkServices(network: Network, needs: Needs): Check[] {
  const services = ['lambda', 'sts', ...(needs.secret ? ['secretsmanager'] : [])];
  if (needs.pollers === 'provisioned') return [notNeeded(network, services)];
  return services.map((service) => serviceCheck(network, service));
}

function notNeeded({ endpoints }: Network, services: readonly string[]): Check {
  const idle = endpoints.filter(({ service }) => services.includes(service)).map(({ id }) => id);
  return {
    name: 'NAT or endpoints',
    verdict: 'pass',
    found:
      idle.length === 0
        ? 'none, and none needed'
        : `not needed; ${idle.join(', ')} may go, if nothing else uses them`,
    rule: `${MODES_PAGE}: provisioned pollers need neither`,
    todo: '',
  };
}

function serviceCheck(network: Network, service: string): Check {
  const name = `way to ${service}`;
  const rule = `${NETWORK_PAGE}: on-demand pollers need NAT or an interface endpoint, in public subnets too`;
  const withoutNat = network.subnets.filter((subnet) => !hasNat(subnet));
  const out = allowsOut(network);
  if (withoutNat.length === 0 && network.subnets.length > 0)
    return out
      ? { name, verdict: 'pass', found: 'by NAT, from every subnet', rule, todo: '' }
      : {
          name,
          verdict: 'fail',
          found: 'NAT, but no security group lets 443 out',
          rule,
          todo: 'allow TCP 443 out to 0.0.0.0/0',
        };
  const endpoint = network.endpoints.find((each) => each.service === service && each.type === 'Interface');
  if (endpoint === undefined) {
    const subnets = withoutNat.map(({ id, routes }) =>
      routes.some(({ by }) => by === 'internet gateway') ? `${id} (public)` : id,
    );
    return {
      name,
      verdict: 'fail',
      found: `no NAT from ${subnets.join(', ')} and no interface endpoint`,
      rule,
      todo: `add an interface endpoint for ${service}, or NAT; or take provisioned pollers, which need neither`,
    };
  }
  return { name, rule, ...endpointVerdict(network, endpoint, actions[service] ?? `${service}:*`) };
}

function endpointVerdict(network: Network, endpoint: Endpoint, action: string): Omit<Check, 'name' | 'rule'> {
  const { id } = endpoint;
  const fail = (found: string, todo: string) => ({ verdict: 'fail', found, todo }) as const;
  if (!endpoint.available || endpoint.subnets.length === 0)
    return fail(
      `${id} is not available in any subnet`,
      `put ${id} into a subnet of the VPC and wait until it is available`,
    );
  if (!endpoint.privateDns || !network.dns)
    return fail(
      endpoint.privateDns ? `${id}, but the VPC resolves no private names` : `${id} has no private DNS name`,
      'enable private DNS on the endpoint, and DNS support and hostnames on the VPC',
    );
  if (!accepts(endpoint.groups, network))
    return fail(
      `no group of ${id} accepts 443 from the cluster's`,
      `let a group of ${id} accept TCP 443 from the cluster's security group`,
    );
  if (!allowsOut(network, endpoint))
    return fail(
      `${id}, but no group of the cluster lets 443 out to it`,
      "allow TCP 443 out from the cluster's security group",
    );
  const admitted: Admits = checkPolicy(endpoint.policy, action);
  if (admitted === 'yes') return { verdict: 'pass', found: `by ${id}`, todo: '' };
  const todo = `let its policy allow ${action} to the principal lambda.amazonaws.com`;
  return admitted === 'no'
    ? fail(`the policy of ${id} does not admit lambda.amazonaws.com with ${action}`, todo)
    : {
        verdict: 'warn',
        found: `the policy of ${id} admits ${action} on conditions that can't be judged here`,
        todo,
      };
}

/** The page asks for an endpoint of the destination's service, without saying whether provisioned mode waives it. */
export function checkDestination(network: Network, { pollers }: Needs, service: string): Check {
  const name = `way to ${service}, for failures`;
  const rule = `${FAILURE_PAGE}: a VPC endpoint of the destination's service`;
  const endpoint = network.endpoints.find((each) => each.service === service && each.available);
  const routed = network.subnets.every(
    (subnet) =>
      hasNat(subnet) || subnet.routes.some(({ target, active }) => active && target === endpoint?.id),
  );
  const open =
    endpoint?.type === 'Interface'
      ? accepts(endpoint.groups, network) && allowsOut(network, endpoint)
      : allowsOut(network);
  if ((routed || endpoint?.type === 'Interface') && open)
    return {
      name,
      verdict: 'pass',
      found: endpoint === undefined ? 'by NAT' : `by ${endpoint.id}`,
      rule,
      todo: '',
    };
  const found =
    routed || endpoint?.type === 'Interface'
      ? 'no security group lets 443 through'
      : `no NAT and no endpoint that every subnet has a route to`;
  return {
    name,
    verdict: pollers === 'provisioned' ? 'warn' : 'fail',
    found: pollers === 'provisioned' ? `${found}; no AWS page says whether provisioned mode needs it` : found,
    rule,
    todo: `add an endpoint for ${service}${service === 's3' ? ' (a gateway endpoint costs nothing)' : ''} and let 443 out`,
  };
}

function hasNat({ routes }: Network['subnets'][number]): boolean {
  return routes.some(({ to, by, active }) => active && by === 'nat' && to === ANYWHERE);
}

/** 443 out of some group of the cluster: to anywhere, or to the endpoint's own groups and subnets. */
function allowsOut({ groups, subnets }: Network, endpoint?: Endpoint): boolean {
  const targets = endpoint === undefined ? [] : endpoint.groups.map(({ id }) => id);
  return groups.some(({ rules }) =>
    rules.some(
      ({ direction, ports, peers }) =>
        direction === 'out' &&
        hasPort(ports, HTTPS) &&
        peers.some(
          (peer) =>
            peer === ANYWHERE ||
            peer.startsWith('pl-') ||
            targets.includes(peer) ||
            (endpoint !== undefined && subnets.every(({ cidr }) => isWithin(cidr, peer))),
        ),
    ),
  );
}

function accepts(groups: readonly SecurityGroup[], network: Network): boolean {
  const own = network.groups.map(({ id }) => id);
  return groups.some(({ rules }) =>
    rules.some(
      ({ direction, ports, peers }) =>
        direction === 'in' &&
        hasPort(ports, HTTPS) &&
        peers.some((peer) => own.includes(peer) || network.subnets.every(({ cidr }) => isWithin(cidr, peer))),
    ),
  );
}

/* Whether the policy of a VPC endpoint lets Lambda's pollers do what they need. */

type Admits = 'yes' | 'no' | 'on conditions';

const PRINCIPAL = 'lambda.amazonaws.com';

/** @param policy as CloudFormation has it, or parsed from what EC2 returns; undefined is the default policy, which allows all */
function checkPolicy(policy: unknown, action: string): Admits {
  if (policy === undefined) return 'yes';
  const statements = listOf(fieldOf(policy, 'Statement')).filter(
    (statement) =>
      concernsLambda(fieldOf(statement, 'Principal')) &&
      listOf(fieldOf(statement, 'Action')).some((name) => covers(name, action)),
  );
  const conditional = (statement: unknown) =>
    fieldOf(statement, 'Condition') !== undefined || !listOf(fieldOf(statement, 'Resource')).includes('*');
  const denied = statements.filter((statement) => fieldOf(statement, 'Effect') === 'Deny');
  const allowed = statements.filter((statement) => fieldOf(statement, 'Effect') === 'Allow');
  if (denied.some((statement) => !conditional(statement)) || allowed.length === 0) return 'no';
  return denied.length === 0 && allowed.some((statement) => !conditional(statement))
    ? 'yes'
    : 'on conditions';
}

function concernsLambda(principal: unknown): boolean {
  if (principal === '*') return true;
  return ['AWS', 'Service'].some((kind) =>
    listOf(fieldOf(principal, kind)).some((name) => name === '*' || name === PRINCIPAL),
  );
}

/** `lambda:Invoke*` covers `lambda:InvokeFunction`; actions know no case. */
function covers(pattern: unknown, action: string): boolean {
  const escaped = String(pattern).replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(action);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
