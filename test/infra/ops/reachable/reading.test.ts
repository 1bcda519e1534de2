/** Where a network is read: what EC2 answers, what our own template says, what the command line asks for. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { stages } from '../../../../infra/aws/stages.ts';
import { reachable, readSubject } from '../../../../infra/cli/reachable.ts';
import { checkNetwork } from '../../../../infra/ops/reachable/checks.ts';
import { checkClient } from '../../../../infra/ops/reachable/client-checks.ts';
import { readClientsFromEc2, readNetworkFromEc2 } from '../../../../infra/ops/reachable/from-ec2.ts';
import { readNetworkFromTemplate } from '../../../../infra/ops/reachable/from-template.ts';
import { parsed, refusalOf } from '../../../support/parsed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { templateOf, templatesOf } from '../../aws/templates.ts';

const needs = { port: 9098, pollers: 'on-demand', secret: false, destinations: ['s3'] } as const;
const everyPort = { IpProtocol: '-1' };

/** A VPC of two subnets: the second has a table of its own, with NAT; the first has the main one. */
function aVpc() {
  const ec2 = mockClient(EC2Client);
  ec2.on(DescribeSubnetsCommand).resolves({
    Subnets: [
      { SubnetId: 'subnet-1', VpcId: 'vpc-1', CidrBlock: '10.0.1.0/24' },
      { SubnetId: 'subnet-2', VpcId: 'vpc-1', CidrBlock: '10.0.2.0/24' },
    ],
  });
  ec2
    .on(DescribeRouteTablesCommand)
    .resolves({
      RouteTables: [
        {
          Associations: [{ Main: true }],
          Routes: [
            { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', State: 'active' },
            { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1', State: 'active' },
            { DestinationPrefixListId: 'pl-1', GatewayId: 'vpce-s3', State: 'active' },
          ],
        },
      ],
      NextToken: 'more',
    })
    .on(DescribeRouteTablesCommand, { NextToken: 'more' })
    .resolves({
      RouteTables: [
        {
          Associations: [{ SubnetId: 'subnet-2' }],
          Routes: [{ DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-1', State: 'blackhole' }],
        },
      ],
    });
  ec2.on(DescribeNetworkAclsCommand).resolves({
    NetworkAcls: [
      {
        Associations: [{ SubnetId: 'subnet-1' }, { SubnetId: 'subnet-2' }],
        Entries: [
          { RuleNumber: 32_767, Egress: false, RuleAction: 'deny', Protocol: '-1', CidrBlock: '0.0.0.0/0' },
          { RuleNumber: 100, Egress: false, RuleAction: 'allow', Protocol: '-1', CidrBlock: '0.0.0.0/0' },
          { RuleNumber: 101, Egress: false, RuleAction: 'allow', Protocol: '-1', Ipv6CidrBlock: '::/0' },
          {
            RuleNumber: 100,
            Egress: true,
            RuleAction: 'allow',
            Protocol: '6',
            PortRange: { From: 0, To: 65_535 },
            CidrBlock: '10.0.0.0/16',
          },
        ],
      },
    ],
  });
  ec2.on(DescribeVpcEndpointsCommand).resolves({
    VpcEndpoints: [
      {
        VpcEndpointId: 'vpce-s3',
        ServiceName: 'com.amazonaws.eu-west-1.s3',
        VpcEndpointType: 'Gateway',
        State: 'Available',
      },
      {
        VpcEndpointId: 'vpce-lambda',
        ServiceName: 'com.amazonaws.eu-west-1.lambda',
        VpcEndpointType: 'Interface',
        State: 'Available',
        PrivateDnsEnabled: true,
        SubnetIds: ['subnet-1'],
        Groups: [{ GroupId: 'sg-2' }],
        PolicyDocument: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
      },
    ],
  });
  ec2.on(DescribeSecurityGroupsCommand).resolves({
    SecurityGroups: [
      {
        GroupId: 'sg-1',
        VpcId: 'vpc-1',
        IpPermissions: [
          { IpProtocol: 'tcp', FromPort: 9098, ToPort: 9098, UserIdGroupPairs: [{ GroupId: 'sg-1' }] },
        ],
        IpPermissionsEgress: [{ ...everyPort, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      },
      {
        GroupId: 'sg-2',
        VpcId: 'vpc-1',
        IpPermissions: [{ ...everyPort, UserIdGroupPairs: [{ GroupId: 'sg-1' }] }],
      },
    ],
  });
  ec2
    .on(DescribeVpcAttributeCommand, { Attribute: 'enableDnsSupport' })
    .resolves({ EnableDnsSupport: { Value: true } });
  ec2
    .on(DescribeVpcAttributeCommand, { Attribute: 'enableDnsHostnames' })
    .resolves({ EnableDnsHostnames: { Value: true } });
  return ec2;
}

const read = (subnets: string[], groups: string[]) =>
  readNetworkFromEc2(new EC2Client({ region: 'eu-west-1' }), subnets, groups);

describe('reading a network', () => {
  it('from EC2: page by page, main tables and own ones, rules by their numbers, and nothing but Describe', async () => {
    const ec2 = aVpc();

    const network = await read(['subnet-1', 'subnet-2'], ['sg-1']);
    const verdicts = Object.fromEntries(
      checkNetwork(network, needs).map(({ name, verdict }) => [name, verdict]),
    );

    assert.deepEqual(verdicts, {
      'brokers, in on 9098': 'pass',
      'brokers, out on 9098': 'pass',
      'access lists of the subnets': 'pass',
      'way to lambda': 'pass',
      'way to sts': 'fail',
      'way to s3, for failures': 'fail',
    });
    assert.deepEqual(
      network.subnets.map(({ routes }) => routes.map(({ by, active }) => `${by} ${active}`)),
      [['local true', 'internet gateway true', 'gateway endpoint true'], ['nat false']],
    );
    for (const call of ec2.calls()) assert.match(call.args[0].constructor.name, /^Describe/);
  });

  it('from EC2: subnets of two VPCs, and groups of another, are refused', async () => {
    const ec2 = aVpc();
    ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [{ VpcId: 'vpc-1' }, { VpcId: 'vpc-2' }] });
    await assert.rejects(read(['subnet-1', 'subnet-2'], ['sg-1']), {
      name: 'UserError',
      message: /^the subnets are of 2 VPCs \(vpc-1, vpc-2\)/,
    });

    aVpc()
      .on(DescribeSecurityGroupsCommand)
      .resolves({ SecurityGroups: [{ GroupId: 'sg-1', VpcId: 'vpc-9' }] });
    await assert.rejects(read(['subnet-1'], ['sg-1']), {
      name: 'UserError',
      message: /^sg-1 is of vpc-9, but the subnets are of vpc-1/,
    });
  });

  it('from our own template, in both stages: provisioned pollers reach the brokers, failures reach the bucket', (t) => {
    for (const stage of ['dev', 'prod'] as const) {
      const file = join(temporaryFolder(t), 'stream.template.json');
      writeFileSync(file, JSON.stringify(templateOf(stage, 'stream')));

      const network = readNetworkFromTemplate(file);
      const [ours, theirs] = (['provisioned', 'on-demand'] as const).map((pollers) =>
        checkNetwork(network, { ...needs, pollers }).filter(({ verdict }) => verdict !== 'pass'),
      );

      assert.equal(network.subnets.length, 3);
      assert.deepEqual(ours, []);
      assert.deepEqual(
        theirs?.map(({ name }) => name),
        ['way to lambda', 'way to sts'],
      );
    }
  });

  it("from our own template: a client of the stage passes the brokers' rule, another does not, and routes are others' to add", (t) => {
    const file = join(temporaryFolder(t), 'stream.template.json');
    const clients = [{ cidr: '10.60.0.0/20', description: 'producers' }];
    const network = { ...stages.dev.network, clients };
    const templates = templatesOf('dev', {}, {}, {}, { ...stages.dev, network });
    writeFileSync(file, JSON.stringify(templates.get('clickledger-dev-stream')));
    const verdicts = (cidr: string) =>
      checkClient(readNetworkFromTemplate(file), { ...needs, pollers: 'provisioned' }, { cidr }).map(
        ({ verdict }) => verdict,
      );

    assert.deepEqual(verdicts('10.60.4.0/24'), ['pass', 'warn', 'pass']);
    assert.deepEqual(verdicts('10.61.0.0/24'), ['fail', 'warn', 'pass']);
  });

  it('from EC2: a subnet of clients has its own routes, by peering or transit gateway', async () => {
    const ec2 = aVpc();
    ec2.on(DescribeRouteTablesCommand).resolves({
      RouteTables: [
        {
          Associations: [{ Main: true }],
          Routes: [
            { DestinationCidrBlock: '10.0.0.0/23', VpcPeeringConnectionId: 'pcx-1', State: 'active' },
            { DestinationCidrBlock: '10.0.2.0/24', TransitGatewayId: 'tgw-1', State: 'active' },
          ],
        },
      ],
    });

    const [first, second] = await readClientsFromEc2(new EC2Client({ region: 'eu-west-1' }), [
      'subnet-1',
      'subnet-2',
    ]);

    assert.ok(first !== undefined && 'routes' in first && second !== undefined && 'subnet' in second);
    assert.deepEqual([first.subnet, first.cidr, first.dns], ['subnet-1', '10.0.1.0/24', true]);
    assert.deepEqual(
      first.routes.map(({ by, target }) => `${by} ${target}`),
      ['peering pcx-1', 'transit gateway tgw-1'],
    );
    for (const call of ec2.calls()) assert.match(call.args[0].constructor.name, /^Describe/);
  });

  it('from a template whose group has lost its rule: found before anything is deployed', (t) => {
    const file = join(temporaryFolder(t), 'stream.template.json');
    const { Resources } = templateOf('dev', 'stream');
    const kept = Object.entries(Resources).filter(
      ([, { Type }]) => Type !== 'AWS::EC2::SecurityGroupIngress',
    );
    writeFileSync(file, JSON.stringify({ Resources: Object.fromEntries(kept) }));

    const failing = checkNetwork(readNetworkFromTemplate(file), { ...needs, pollers: 'provisioned' });

    assert.deepEqual(
      failing.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name),
      ['brokers, in on 9098'],
    );
  });

  it('from what is no such template: refused in a sentence', (t) => {
    const folder = temporaryFolder(t);
    const written = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };

    for (const [file, sentence] of [
      [join(folder, 'none.json'), /can't be read as a template \(ENOENT/],
      [written('text.json', 'no json'), /can't be read as a template/],
      [written('null.json', 'null'), /has 0 clusters of Amazon MSK, allowed is one/],
      [written('empty.json', '{"Resources":{}}'), /has 0 clusters of Amazon MSK, allowed is one/],
      [
        written(
          'foreign.json',
          JSON.stringify({
            Resources: {
              C: {
                Type: 'AWS::MSK::Cluster',
                Properties: { BrokerNodeGroupInfo: { ClientSubnets: ['subnet-1'], SecurityGroups: [] } },
              },
            },
          }),
        ),
        /does not make the cluster's subnets itself/,
      ],
    ] as const)
      assert.throws(() => readNetworkFromTemplate(file), { name: 'UserError', message: sentence });
  });
});

describe('a request for a check of the network', () => {
  it('is of provisioned pollers with IAM, unless told otherwise', () => {
    const given = ['--subnets', 'subnet-01234567, subnet-01234567', '--security-groups', 'sg-01234567'];

    const values = parsed(reachable, given);
    const { pollers, port, secret, destination, json } = values;
    assert.deepEqual(
      [pollers, port, secret, destination, json],
      ['provisioned', '9098', undefined, [], undefined],
    );
    assert.deepEqual(readSubject(values), {
      of: { subnets: ['subnet-01234567'], groups: ['sg-01234567'] },
      clients: [],
      clientSubnets: [],
    });
  });

  for (const [given, sentence] of [
    ['', 'no network is named: give --template, or --subnets with --security-groups'],
    [
      '--subnets subnet-01234567',
      'no network is named: give --template, or --subnets with --security-groups',
    ],
    [
      '--template a --subnets subnet-01234567',
      '--template is given with --subnets or --security-groups: allowed is a template, or what is deployed',
    ],
    [
      '--subnets x --security-groups sg-01234567',
      "--subnets <id,…>' argument 'x' is invalid. Allowed is ids like subnet-0123456789abcdef0, joined by commas",
    ],
    [
      '--subnets subnet-01234567 --security-groups subnet-01234567',
      "--security-groups <id,…>' argument 'subnet-01234567' is invalid. Allowed is ids like sg-0123456789abcdef0, joined by commas",
    ],
    [
      '--template a --pollers some',
      "--pollers <mode>' argument 'some' is invalid. Allowed are provisioned, on-demand",
    ],
    ['--template a --port 443', "--port <n>' argument '443' is invalid. Allowed are 9098, 9096, 9094, 9092"],
    [
      '--template a --destination s3,ftp',
      "--destination <name,…>' argument 's3,ftp' is invalid. Allowed are s3, sqs, sns",
    ],
    [
      '--template a --from 10.60.0.0',
      "--from <place,…>' argument '10.60.0.0' is invalid. Allowed are a range like 10.60.0.0/20, a security group or a subnet by id, joined by commas",
    ],
    [
      '--template a --from subnet-01234567',
      '--from has a subnet, which a template knows nothing of: give its range, or check what is deployed',
    ],
    ['--template a --fast', "unknown option '--fast'"],
  ] as const) {
    it(`refuses '${given}' in a sentence`, () => {
      const said = refusalOf(() => readSubject(parsed(reachable, given)));
      assert.ok(said.includes(sentence), said);
    });
  }
});
