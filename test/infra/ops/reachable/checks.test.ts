/** Each rule of the network has a network that keeps it and one that breaks it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Needs } from '../../../../infra/ops/reachable/check.ts';
import { checkNetwork } from '../../../../infra/ops/reachable/checks.ts';
import {
  ALL_PORTS,
  ANYWHERE,
  type Endpoint,
  type GroupRule,
  isWithin,
  type Network,
  parsePorts,
  type Subnet,
} from '../../../../infra/ops/reachable/network.ts';

const tcp = (port: number) => ({ from: port, to: port });
const rule = (direction: GroupRule['direction'], port: number, ...peers: string[]): GroupRule => ({
  direction,
  ports: tcp(port),
  peers,
});
const nat = { to: ANYWHERE, by: 'nat', target: 'nat-1', active: true } as const;
const internet = { to: ANYWHERE, by: 'internet gateway', target: 'igw-1', active: true } as const;

function aSubnet(number: number, change: Partial<Subnet> = {}): Subnet {
  return {
    id: `subnet-${number}`,
    cidr: `10.0.${number}.0/24`,
    routes: [],
    acl: (['in', 'out'] as const).map((direction) => ({
      direction,
      allows: true,
      ports: ALL_PORTS,
      cidr: ANYWHERE,
    })),
    ...change,
  };
}

const brokerRules = [rule('in', 9098, 'sg-1'), rule('out', 9098, 'sg-1')];
const httpsOut = rule('out', 443, ANYWHERE);

function aNetwork(change: Partial<Network> = {}): Network {
  return {
    source: 'test',
    subnets: [aSubnet(1), aSubnet(2), aSubnet(3)],
    groups: [{ id: 'sg-1', rules: brokerRules }],
    endpoints: [],
    dns: true,
    ...change,
  };
}

function anEndpoint(service: string, change: Partial<Endpoint> = {}): Endpoint {
  return {
    id: `vpce-${service}`,
    service,
    type: 'Interface',
    available: true,
    privateDns: true,
    subnets: ['subnet-1'],
    groups: [{ id: 'sg-2', rules: [rule('in', 443, 'sg-1')] }],
    policy: undefined,
    ...change,
  };
}

/** The way out by endpoints for Lambda and STS, with that of Lambda changed. */
function withEndpoints(change: Partial<Endpoint> = {}, more: Partial<Network> = {}): Network {
  return aNetwork({
    groups: [{ id: 'sg-1', rules: [...brokerRules, httpsOut] }],
    endpoints: [anEndpoint('lambda', change), anEndpoint('sts')],
    ...more,
  });
}

function withAcl(allows: boolean, port: number, direction: 'in' | 'out'): Network {
  const refusal = { direction, allows, ports: tcp(port), cidr: '10.0.0.0/8' };
  return aNetwork({ subnets: [aSubnet(1), aSubnet(2, { acl: [refusal, ...aSubnet(2).acl] })] });
}

const policy = (change: object = {}) => ({
  Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*', ...change }],
});
const s3Route = { to: 'pl-1', by: 'gateway endpoint', target: 'vpce-s3', active: true } as const;
const s3 = anEndpoint('s3', { type: 'Gateway', groups: [], subnets: [] });
const withS3 = (routed: number) =>
  aNetwork({
    groups: [{ id: 'sg-1', rules: [...brokerRules, httpsOut] }],
    subnets: [1, 2, 3].map((n) => aSubnet(n, { routes: n <= routed ? [s3Route] : [] })),
    endpoints: [s3],
  });

const provisioned: Needs = { port: 9098, pollers: 'provisioned', secret: false, destinations: [] };
const onDemand: Needs = { ...provisioned, pollers: 'on-demand' };
const toS3 = (needs: Needs): Needs => ({ ...needs, destinations: ['s3'] });
const sgWith = (...rules: GroupRule[]) => aNetwork({ groups: [{ id: 'sg-1', rules }] });

type Row = readonly [
  what: string,
  network: Network,
  needs: Needs,
  name: string,
  verdict: string,
  found?: RegExp,
];
const table: readonly Row[] = [
  [
    'a group that allows itself',
    aNetwork(),
    provisioned,
    'brokers, in on 9098',
    'pass',
    /^sg-1 allows sg-1$/,
  ],
  [
    'no rule in',
    sgWith(rule('out', 9098, 'sg-1')),
    provisioned,
    'brokers, in on 9098',
    'fail',
    /^no rule of sg-1/,
  ],
  ['no rule out', sgWith(rule('in', 9098, 'sg-1')), provisioned, 'brokers, out on 9098', 'fail'],
  [
    'the port of another listener',
    sgWith(...brokerRules),
    { ...provisioned, port: 9096 },
    'brokers, in on 9096',
    'fail',
  ],
  ['another group', sgWith(rule('in', 9098, 'sg-9')), provisioned, 'brokers, in on 9098', 'fail'],
  [
    'a range that holds all subnets',
    sgWith(rule('in', 9098, '10.0.0.0/16')),
    provisioned,
    'brokers, in on 9098',
    'pass',
  ],
  [
    'a range that holds one subnet',
    sgWith(rule('in', 9098, '10.0.1.0/24')),
    provisioned,
    'brokers, in on 9098',
    'fail',
  ],
  [
    'every port',
    sgWith({ direction: 'in', ports: ALL_PORTS, peers: ['sg-1'] }),
    provisioned,
    'brokers, in on 9098',
    'pass',
  ],
  [
    'UDP alone',
    sgWith({ direction: 'in', ports: 'none', peers: ['sg-1'] }),
    provisioned,
    'brokers, in on 9098',
    'fail',
  ],
  ['open lists', aNetwork(), provisioned, 'access lists of the subnets', 'pass'],
  [
    'a list that refuses the port',
    withAcl(false, 9098, 'in'),
    provisioned,
    'access lists of the subnets',
    'fail',
    /^closed: subnet-2 in on 9098 for 10\.0\.1\.0\/24, and 1 more$/,
  ],
  [
    'a list that refuses answers',
    withAcl(false, 32_768, 'out'),
    provisioned,
    'access lists of the subnets',
    'fail',
    /subnet-2 out on 32768/,
  ],
  [
    'a list without any rule',
    aNetwork({ subnets: [aSubnet(1, { acl: [] })] }),
    provisioned,
    'access lists of the subnets',
    'fail',
  ],
  [
    'provisioned pollers, nothing else',
    aNetwork(),
    provisioned,
    'NAT or endpoints',
    'pass',
    /^none, and none needed$/,
  ],
  [
    'provisioned pollers beside endpoints',
    withEndpoints(),
    provisioned,
    'NAT or endpoints',
    'pass',
    /vpce-lambda, vpce-sts may go/,
  ],
  [
    'on-demand pollers, nothing else',
    aNetwork(),
    onDemand,
    'way to lambda',
    'fail',
    /^no NAT from subnet-1, subnet-2, subnet-3 and no/,
  ],
  [
    'on-demand pollers in public subnets',
    aNetwork({ subnets: [aSubnet(1, { routes: [internet] })] }),
    onDemand,
    'way to sts',
    'fail',
    /subnet-1 \(public\)/,
  ],
  [
    'NAT from every subnet',
    withEndpoints({}, { endpoints: [], subnets: [aSubnet(1, { routes: [nat] })] }),
    onDemand,
    'way to lambda',
    'pass',
    /^by NAT/,
  ],
  [
    'NAT from one subnet of two',
    withEndpoints({}, { endpoints: [], subnets: [aSubnet(1, { routes: [nat] }), aSubnet(2)] }),
    onDemand,
    'way to lambda',
    'fail',
    /^no NAT from subnet-2 and/,
  ],
  [
    'NAT that is gone',
    withEndpoints({}, { endpoints: [], subnets: [aSubnet(1, { routes: [{ ...nat, active: false }] })] }),
    onDemand,
    'way to lambda',
    'fail',
  ],
  [
    'NAT, and 443 closed',
    aNetwork({ subnets: [aSubnet(1, { routes: [nat] })] }),
    onDemand,
    'way to lambda',
    'fail',
    /443 out/,
  ],
  ['endpoints', withEndpoints(), onDemand, 'way to lambda', 'pass', /^by vpce-lambda$/],
  [
    'a gateway endpoint where an interface is asked for',
    withEndpoints({ type: 'Gateway' }),
    onDemand,
    'way to lambda',
    'fail',
  ],
  [
    'an endpoint that is pending',
    withEndpoints({ available: false }),
    onDemand,
    'way to lambda',
    'fail',
    /not available/,
  ],
  [
    'an endpoint in no subnet',
    withEndpoints({ subnets: [] }),
    onDemand,
    'way to lambda',
    'fail',
    /not available in any subnet/,
  ],
  [
    'an endpoint without private DNS',
    withEndpoints({ privateDns: false }),
    onDemand,
    'way to lambda',
    'fail',
    /no private DNS name/,
  ],
  [
    'a VPC that resolves no names',
    withEndpoints({}, { dns: false }),
    onDemand,
    'way to lambda',
    'fail',
    /resolves no private names/,
  ],
  [
    'an endpoint that accepts nobody',
    withEndpoints({ groups: [{ id: 'sg-2', rules: [] }] }),
    onDemand,
    'way to lambda',
    'fail',
    /accepts 443/,
  ],
  [
    'an endpoint that accepts the subnets',
    withEndpoints({ groups: [{ id: 'sg-2', rules: [rule('in', 443, '10.0.0.0/16')] }] }),
    onDemand,
    'way to lambda',
    'pass',
  ],
  [
    'a cluster that lets nothing out',
    withEndpoints({}, { groups: [{ id: 'sg-1', rules: brokerRules }] }),
    onDemand,
    'way to lambda',
    'fail',
    /lets 443 out to it/,
  ],
  [
    "a cluster that lets 443 out to the endpoint's group",
    withEndpoints({}, { groups: [{ id: 'sg-1', rules: [...brokerRules, rule('out', 443, 'sg-2')] }] }),
    onDemand,
    'way to lambda',
    'pass',
  ],
  [
    'a policy for somebody else',
    withEndpoints({ policy: policy({ Principal: { Service: 'ec2.amazonaws.com' } }) }),
    onDemand,
    'way to lambda',
    'fail',
    /does not admit lambda\.amazonaws\.com with lambda:InvokeFunction/,
  ],
  [
    'a policy for Lambda',
    withEndpoints({
      policy: policy({ Principal: { Service: ['lambda.amazonaws.com'] }, Action: 'lambda:Invoke*' }),
    }),
    onDemand,
    'way to lambda',
    'pass',
  ],
  [
    'a policy for something else',
    withEndpoints({ policy: policy({ Action: ['lambda:GetFunction'] }) }),
    onDemand,
    'way to lambda',
    'fail',
  ],
  [
    'a policy on conditions',
    withEndpoints({ policy: policy({ Condition: { StringEquals: {} } }) }),
    onDemand,
    'way to lambda',
    'warn',
    /on conditions/,
  ],
  [
    'a policy that denies',
    withEndpoints({
      policy: { Statement: [...policy().Statement, ...policy({ Effect: 'Deny' }).Statement] },
    }),
    onDemand,
    'way to lambda',
    'fail',
  ],
  [
    'a policy that says nothing',
    withEndpoints({ policy: { Statement: [] } }),
    onDemand,
    'way to lambda',
    'fail',
  ],
  [
    'a secret without a way to it',
    withEndpoints(),
    { ...onDemand, secret: true },
    'way to secretsmanager',
    'fail',
  ],
  ['S3 by its gateway', withS3(3), toS3(provisioned), 'way to s3, for failures', 'pass', /^by vpce-s3$/],
  ['S3 without a route from one subnet', withS3(2), toS3(onDemand), 'way to s3, for failures', 'fail'],
  [
    'S3 without a way, provisioned',
    aNetwork(),
    toS3(provisioned),
    'way to s3, for failures',
    'warn',
    /no AWS page says/,
  ],
  [
    'S3 by NAT',
    withEndpoints({}, { endpoints: [], subnets: [aSubnet(1, { routes: [nat] })] }),
    toS3(provisioned),
    'way to s3, for failures',
    'pass',
    /^by NAT$/,
  ],
  [
    'a queue by its interface endpoint',
    withEndpoints({}, { endpoints: [anEndpoint('sqs')] }),
    { ...provisioned, destinations: ['sqs'] },
    'way to sqs, for failures',
    'pass',
  ],
];

describe('the network of a cluster', () => {
  for (const [what, network, needs, name, verdict, found] of table) {
    it(`${what}: ${name}, ${verdict}`, () => {
      const check = checkNetwork(network, needs).find((each) => each.name === name);

      assert.equal(check?.verdict, verdict, check?.found);
      if (found !== undefined) assert.match(check?.found ?? '', found);
      assert.match(check?.rule ?? '', /^(AWS Lambda|Amazon VPC) docs: /);
      assert.equal(check?.todo === '', verdict === 'pass', 'what to do is said where something is');
    });
  }

  it('ranges of addresses lie within each other or not', () => {
    assert.ok(isWithin('10.0.1.0/24', '10.0.0.0/16') && isWithin('10.0.1.0/24', '10.0.1.0/24'));
    assert.ok(isWithin('200.1.2.3/32', '0.0.0.0/0'));
    for (const [inner, outer] of [
      ['10.0.0.0/16', '10.0.1.0/24'],
      ['10.1.0.0/24', '10.0.0.0/16'],
      ['10.0.0.0/24', 'sg-1'],
      ['999.0.0.0/8', '0.0.0.0/0'],
      ['::/0', '0.0.0.0/0'],
    ] as const)
      assert.equal(isWithin(inner, outer), false, `${inner} in ${outer}`);
  });

  it('ports are those of TCP', () => {
    assert.deepEqual(parsePorts('-1', undefined, undefined), ALL_PORTS);
    assert.deepEqual(parsePorts('6', 443, 443), tcp(443));
    assert.deepEqual(parsePorts('tcp', undefined, undefined), ALL_PORTS);
    assert.equal(parsePorts('17', 53, 53), 'none');
  });
});
