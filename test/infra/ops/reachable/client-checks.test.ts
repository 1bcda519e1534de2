/** Each thing that a client's way to the brokers needs has a network that gives it and one that does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, clientChecks } from '../../../../infra/ops/reachable/client-checks.ts';
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
      const checks = clientChecks(network, needs, client);
      const named = checks.filter(({ verdict }) => verdict !== 'pass');
      assert.ok(checks.length > 0);
      assert.deepEqual(
        named.map(({ name }) => name.split(', ')[1]),
        failing,
      );
      for (const { todo } of named) assert.notEqual(todo, '');
    });
  }
});
