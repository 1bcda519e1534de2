/** The network as EC2 describes it. It only reads, and needs the rights to the six Describe calls below. */

import {
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  type EC2Client,
  type SecurityGroup as Ec2Group,
  type Route as Ec2Route,
  type IpPermission,
  type NetworkAcl,
  type RouteTable,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { UserError } from '../../terminal/user-error.ts';
import type { Client } from './client-checks.ts';
import {
  type AclRule,
  type Endpoint,
  type GroupRule,
  type Network,
  parsePorts,
  type Route,
  type SecurityGroup,
  type Subnet,
} from './network.ts';

/** The one method of the SDK's client that is used. */
type Ec2 = Pick<EC2Client, 'send'>;

/** EC2 answers in pages; so many are more than a VPC may have. */
const PAGES_MAX = 100;

export async function readNetworkFromEc2(
  ec2: Ec2,
  subnetIds: readonly string[],
  groupIds: readonly string[],
): Promise<Network> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...subnetIds] }));
  const vpcs = [...new Set(Subnets.map(({ VpcId }) => VpcId ?? ''))];
  const [vpcId] = vpcs;
  if (vpcId === undefined || vpcs.length > 1)
    throw new UserError(
      `the subnets are of ${vpcs.length} VPCs (${vpcs.join(', ')}), allowed is one: name those of the cluster`,
    );
  const ofVpc = [{ Name: 'vpc-id', Values: [vpcId] }];
  const tables = await pages(
    (NextToken) => ec2.send(new DescribeRouteTablesCommand({ Filters: ofVpc, NextToken })),
    'RouteTables',
  );
  const acls = await pages(
    (NextToken) => ec2.send(new DescribeNetworkAclsCommand({ Filters: ofVpc, NextToken })),
    'NetworkAcls',
  );
  const endpoints = await pages(
    (NextToken) => ec2.send(new DescribeVpcEndpointsCommand({ Filters: ofVpc, NextToken })),
    'VpcEndpoints',
  );
  const ofEndpoints = endpoints.flatMap(({ Groups = [] }) => Groups.map(({ GroupId = '' }) => GroupId));
  const wanted = [...new Set([...groupIds, ...ofEndpoints])];
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: wanted }));
  const groups = new Map(SecurityGroups.map((group) => [group.GroupId ?? '', groupOf(group)]));
  const own = groupIds.flatMap((id) => groups.get(id) ?? []);
  const foreign = SecurityGroups.find(
    ({ GroupId = '', VpcId }) => groupIds.includes(GroupId) && VpcId !== vpcId,
  );
  if (foreign !== undefined)
    throw new UserError(
      `${foreign.GroupId} is of ${foreign.VpcId}, but the subnets are of ${vpcId}: name the groups of the cluster`,
    );
  const dns = await dnsOf(ec2, vpcId);
  return {
    source: `EC2, ${vpcId}`,
    subnets: Subnets.map(({ SubnetId = '', CidrBlock = '' }) => ({
      id: SubnetId,
      cidr: CidrBlock,
      routes: routesOf(tables, SubnetId),
      acl: aclOf(acls, SubnetId),
    })),
    groups: own,
    endpoints: endpoints.map((endpoint) => endpointOf(endpoint, groups)),
    dns: dns.support && dns.names,
  };
}

/** Subnets of clients, of whichever VPCs of this account, with their routes. */
export async function readClientsFromEc2(ec2: Ec2, subnetIds: readonly string[]): Promise<Client[]> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...subnetIds] }));
  const clients: Client[] = [];
  for (const { SubnetId = '', CidrBlock = '', VpcId = '' } of Subnets) {
    const tables = await pages(
      (NextToken) =>
        ec2.send(
          new DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [VpcId] }], NextToken }),
        ),
      'RouteTables',
    );
    const dns = await dnsOf(ec2, VpcId);
    clients.push({ subnet: SubnetId, cidr: CidrBlock, routes: routesOf(tables, SubnetId), dns: dns.support });
  }
  return clients;
}

type Page<Key extends string, T> = { readonly [key in Key]?: T[] | undefined } & {
  readonly NextToken?: string | undefined;
};

async function pages<Key extends string, T>(
  send: (token: string | undefined) => Promise<Page<Key, T>>,
  key: Key,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await send(token);
    all.push(...(answer[key] ?? []));
    token = answer.NextToken;
    if (!token) return all;
  }
  throw new UserError(`EC2 has more than ${PAGES_MAX} pages of ${key} in one VPC: that is not to be`);
}

async function dnsOf(
  ec2: Ec2,
  VpcId: string,
): Promise<{ readonly support: boolean; readonly names: boolean }> {
  const support = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsSupport' }));
  const names = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsHostnames' }));
  return {
    support: support.EnableDnsSupport?.Value === true,
    names: names.EnableDnsHostnames?.Value === true,
  };
}

/** A subnet without a table of its own has the VPC's main one (Amazon VPC docs: subnet-route-tables). */
function routesOf(tables: readonly RouteTable[], subnetId: string): Subnet['routes'] {
  const own = tables.find(({ Associations = [] }) => Associations.some((one) => one.SubnetId === subnetId));
  const main = tables.find(({ Associations = [] }) => Associations.some((one) => one.Main === true));
  return ((own ?? main)?.Routes ?? []).map(routeOf);
}

function routeOf(route: Ec2Route): Route {
  const {
    NatGatewayId,
    VpcPeeringConnectionId,
    TransitGatewayId,
    GatewayId = '',
    State,
    DestinationCidrBlock,
    DestinationPrefixListId,
    DestinationIpv6CidrBlock,
  } = route;
  const by =
    NatGatewayId !== undefined
      ? 'nat'
      : VpcPeeringConnectionId !== undefined
        ? 'peering'
        : TransitGatewayId !== undefined
          ? 'transit gateway'
          : GatewayId === 'local'
            ? 'local'
            : GatewayId.startsWith('igw-')
              ? 'internet gateway'
              : GatewayId.startsWith('vpce-')
                ? 'gateway endpoint'
                : 'other';
  return {
    to: DestinationCidrBlock ?? DestinationPrefixListId ?? DestinationIpv6CidrBlock ?? '',
    by,
    target: NatGatewayId ?? VpcPeeringConnectionId ?? TransitGatewayId ?? GatewayId,
    active: State === 'active',
  };
}

/** By number, in the order of evaluation; every list ends with a rule that denies the rest. */
function aclOf(acls: readonly NetworkAcl[], subnetId: string): AclRule[] {
  const acl = acls.find(({ Associations = [] }) => Associations.some((one) => one.SubnetId === subnetId));
  const entries = (acl?.Entries ?? []).toSorted((a, b) => (a.RuleNumber ?? 0) - (b.RuleNumber ?? 0));
  return entries.flatMap(({ Egress, RuleAction, Protocol, PortRange, CidrBlock }) =>
    CidrBlock === undefined
      ? []
      : [
          {
            direction: Egress === true ? ('out' as const) : ('in' as const),
            allows: RuleAction === 'allow',
            ports: parsePorts(Protocol, PortRange?.From, PortRange?.To),
            cidr: CidrBlock,
          },
        ],
  );
}

function groupOf({ GroupId = '', IpPermissions = [], IpPermissionsEgress = [] }: Ec2Group): SecurityGroup {
  const rulesOf = (direction: GroupRule['direction'], permissions: readonly IpPermission[]) =>
    permissions.map((permission) => ({
      direction,
      ports: parsePorts(permission.IpProtocol, permission.FromPort, permission.ToPort),
      peers: [
        ...(permission.UserIdGroupPairs ?? []).map((pair) => pair.GroupId ?? ''),
        ...(permission.IpRanges ?? []).map((range) => range.CidrIp ?? ''),
        ...(permission.PrefixListIds ?? []).map((list) => list.PrefixListId ?? ''),
      ],
    }));
  return { id: GroupId, rules: [...rulesOf('in', IpPermissions), ...rulesOf('out', IpPermissionsEgress)] };
}

function endpointOf(endpoint: VpcEndpoint, groups: ReadonlyMap<string, SecurityGroup>): Endpoint {
  const {
    VpcEndpointId = '',
    ServiceName = '',
    VpcEndpointType,
    State,
    PolicyDocument,
    Groups = [],
  } = endpoint;
  return {
    id: VpcEndpointId,
    service: ServiceName.split('.').at(-1) ?? '',
    type: VpcEndpointType === 'Interface' || VpcEndpointType === 'Gateway' ? VpcEndpointType : 'other',
    available: State?.toLowerCase() === 'available',
    privateDns: endpoint.PrivateDnsEnabled === true,
    subnets: endpoint.SubnetIds ?? [],
    groups: Groups.flatMap(({ GroupId = '' }) => groups.get(GroupId) ?? []),
    policy: PolicyDocument === undefined ? undefined : JSON.parse(PolicyDocument),
  };
}
