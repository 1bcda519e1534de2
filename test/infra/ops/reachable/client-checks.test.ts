/** Each thing that a client's way to the brokers needs has a network that gives it and one that does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, checkClient } from '../../../../infra/ops/reachable/client-checks.ts';
import { ALL_PORTS, ANYWHERE, type Network, type Route } from '../../../../infra/ops/reachable/network.ts';

const needs = { port: 9098, pollers: 'provisioned', secret: false, destinations: [] } as const;
const route = (to: string, change: Partial<Route> = {}): Route => ({
  ...{ to, by: 'peering', target: 'pcx-1', active: true },
  ...change,
});
const openAcl = (['in', 'out'] as const).map((direction) => ({
  direction,
  allows: true,
  ports: ALL_PORTS,
  cidr: ANYWHERE,
}));
const back = route('10.60.0.0/16');

function brokers(routes: readonly Route[] = [back], peers = ['10.60.0.0/20'], acl = openAcl): Network {
  return {
    source: 'test',
    subnets: [1, 2, 3].map((n) => ({ id: `subnet-${n}`, cidr: `10.42.${n}.0/24`, routes, acl })),
    groups: [
      {
        id: 'sg-1',
        rules: [{ direction: 'in', ports: { from: 9098, to: 9098 }, peers: ['sg-1', ...peers] }],
      },
    ],
    endpoints: [],
    dns: true,
  };
}

function subnet(routes: readonly Route[], dns = true): Client {
  return { subnet: 'subnet-9', cidr: '10.60.3.0/24', routes, dns };
}

const refusal = (port: number, direction: 'in' | 'out') => [
  { direction, allows: false, ports: { from: port, to: port }, cidr: '10.0.0.0/8' },
  ...openAcl,
];

describe("a client's way to the brokers", () => {
  for (const [what, network, client, failing] of [
    ['a range that has all', brokers(), { cidr: '10.60.3.0/24' }, []],
    ['a range wider than the rule', brokers(), { cidr: '10.60.0.0/16' }, ['rule of the brokers']],
    ['a group that is admitted', brokers([], ['sg-9']), { group: 'sg-9' }, []],
    ['a group that is not', brokers([], []), { group: 'sg-9' }, ['rule of the brokers']],
    ['no route back', brokers([]), { cidr: '10.60.3.0/24' }, ['routes back']],
    ['a route to elsewhere', brokers([route('10.61.0.0/16')]), { cidr: '10.60.3.0/24' }, ['routes back']],
    [
      'a narrower route that leads nowhere',
      brokers([back, route('10.60.3.0/24', { active: false })]),
      { cidr: '10.60.3.0/24' },
      ['routes back'],
    ],
    [
      'a wider route that leads nowhere',
      brokers([route('10.0.0.0/8', { active: false }), back]),
      { cidr: '10.60.3.0/24' },
      [],
    ],
    [
      'a closed port',
      brokers([back], undefined, refusal(9098, 'in')),
      { cidr: '10.60.3.0/24' },
      ['access lists'],
    ],
    [
      'closed answers',
      brokers([back], undefined, refusal(32_768, 'out')),
      { cidr: '10.60.3.0/24' },
      ['access lists'],
    ],
    ['another closed port', brokers([back], undefined, refusal(9096, 'in')), { cidr: '10.60.3.0/24' }, []],
    ['a subnet that has all', brokers(), subnet([route('10.42.0.0/16')]), []],
    ['a subnet without a route', brokers(), subnet([]), ['routes there']],
    [
      'a subnet that reaches two brokers of three',
      brokers(),
      subnet([route('10.42.2.0/23')]),
      ['routes there'],
    ],
    [
      'a subnet without a resolver',
      brokers(),
      subnet([route('10.42.0.0/16')], false),
      ['names of the brokers'],
    ],
  ] as const) {
    it(`${what}: ${failing.length === 0 ? 'passes' : `${failing.join(', ')} does not pass`}`, () => {
      const checks = checkClient(network, needs, client);
      const named = checks.filter(({ verdict }) => verdict !== 'pass');
      assert.ok(checks.length > 0);
      assert.deepEqual(
        named.map(({ name }) => name.split(', ')[1]),
        failing,
      );
      for (const { verdict, todo } of checks) assert.equal(todo === '', verdict === 'pass');
    });
  }

  const said = (network: Network, client: Client) =>
    checkClient(network, needs, client).map(({ verdict, name, found, todo }) => [verdict, name, found, todo]);

  it('says what it found, and what to do where something is missing', () => {
    const way = 'from subnet-9, ';
    assert.deepEqual(said(brokers(), subnet([route('10.42.0.0/16')])), [
      ['pass', `${way}rule of the brokers`, 'sg-1 lets it in on 9098', ''],
      ['pass', `${way}routes back`, 'every subnet of the brokers has one to 10.60.3.0/24', ''],
      ['pass', `${way}access lists`, 'open to 10.60.3.0/24', ''],
      ['pass', `${way}routes there`, 'to every subnet of the brokers', ''],
      ['pass', `${way}names of the brokers`, "by the VPC's own resolver", ''],
    ]);
    assert.deepEqual(said(brokers([], [], refusal(9098, 'in')), subnet([], false)), [
      [
        'fail',
        `${way}rule of the brokers`,
        'no group of the brokers lets it in on 9098',
        'name it in network.clients of infra/aws/stages.ts and deploy the stream',
      ],
      [
        'fail',
        `${way}routes back`,
        'no active route to 10.60.3.0/24 from subnet-1, subnet-2, subnet-3',
        "add to each route table of the brokers (RouteTableIds of the stream's outputs) a route to 10.60.3.0/24 by the peering connection or transit gateway",
      ],
      [
        'fail',
        `${way}access lists`,
        'closed to 10.60.3.0/24: subnet-1 in on 9098, subnet-2 in on 9098, subnet-3 in on 9098',
        'allow TCP 9098 in from 10.60.3.0/24 and 1024 to 65535 out to it',
      ],
      [
        'fail',
        `${way}routes there`,
        'no active route to 10.42.1.0/24, 10.42.2.0/24, 10.42.3.0/24',
        "add to the route table of subnet-9 a route to the brokers' VPC (VpcCidr of the stream's outputs)",
      ],
      [
        'warn',
        `${way}names of the brokers`,
        "the VPC's own resolver is off",
        "let the clients' own resolver answer with private addresses for kafka.<region>.amazonaws.com",
      ],
    ]);
  });

  it('a template has no routes of others, which is no fault of it', () => {
    const client = { cidr: '10.60.3.0/24' };
    const routesBack = (network: Network) => said({ ...network, planned: true }, client)[1];

    assert.deepEqual(routesBack(brokers())?.slice(0, 3), [
      'pass',
      'from 10.60.3.0/24, routes back',
      'every subnet of the brokers has one to 10.60.3.0/24',
    ]);
    assert.deepEqual(routesBack(brokers([]))?.slice(0, 3), [
      'warn',
      'from 10.60.3.0/24, routes back',
      'no active route to 10.60.3.0/24 from subnet-1, subnet-2, subnet-3; a template has none, others add them',
    ]);
  });
});
