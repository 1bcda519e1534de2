/**
 * The network of a synthesized template that has an Amazon MSK cluster and its VPC, before anything is deployed. Ids are logical ids. A VPC
 * that exists already is not in the template; read it from EC2 instead.
 */

import { readFileSync } from 'node:fs';
import { UserError } from '../../terminal/user-error.ts';
import {
  ALL_PORTS,
  ANYWHERE,
  type Endpoint,
  type GroupRule,
  type Network,
  parsePorts,
  type Route,
  type SecurityGroup,
} from './network.ts';

type Json = Readonly<Record<string, unknown>>;
interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Json;
}

export function readNetworkFromTemplate(file: string): Network {
  const resources = resourcesIn(file);
  const [cluster, ...others] = ofType(resources, 'AWS::MSK::Cluster');
  if (cluster === undefined || others.length > 0)
    throw new UserError(
      `${file} has ${others.length + (cluster === undefined ? 0 : 1)} clusters of Amazon MSK, allowed is one: name the template of the stream`,
    );
  const nodes = cluster.properties['BrokerNodeGroupInfo'] as Json;
  const groups = listOf(nodes['SecurityGroups']).map((given) => groupOf(resources, idOf(given)));
  const subnets = listOf(nodes['ClientSubnets']).map((given) => subnetOf(resources, idOf(given)));
  const [vpc] = ofType(resources, 'AWS::EC2::VPC');
  if (subnets.some(({ cidr }) => cidr === '') || vpc === undefined)
    throw new UserError(
      `${file} does not make the cluster's subnets itself: check them with --subnets and --security-groups`,
    );
  return {
    source: file,
    planned: true,
    subnets,
    groups,
    endpoints: ofType(resources, 'AWS::EC2::VPCEndpoint').map((endpoint) => endpointOf(resources, endpoint)),
    dns: vpc.properties['EnableDnsSupport'] !== false && vpc.properties['EnableDnsHostnames'] === true,
  };
}

function resourcesIn(file: string): Resource[] {
  let template: { readonly Resources?: Readonly<Record<string, { Type: string; Properties?: Json }>> };
  try {
    template = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      `${file} can't be read as a template (${said}): npm run synth writes cdk.out/clickledger-dev-stream.template.json`,
      cause,
    );
  }
  return Object.entries(template?.Resources ?? {}).map(([id, { Type, Properties = {} }]) => ({
    id,
    type: Type,
    properties: Properties,
  }));
}

function ofType(resources: readonly Resource[], type: string): Resource[] {
  return resources.filter((resource) => resource.type === type);
}

/** A subnet's own table, or none; the default access list lets everything pass (Amazon VPC docs: default-network-acl). */
function subnetOf(resources: readonly Resource[], id: string): Network['subnets'][number] {
  const subnet = resources.find((resource) => resource.id === id);
  const table = ofType(resources, 'AWS::EC2::SubnetRouteTableAssociation').find(
    ({ properties }) => idOf(properties['SubnetId']) === id,
  );
  const tableId = table && idOf(table.properties['RouteTableId']);
  const routes = ofType(resources, 'AWS::EC2::Route').filter(
    ({ properties }) => idOf(properties['RouteTableId']) === tableId,
  );
  const gateways = ofType(resources, 'AWS::EC2::VPCEndpoint').filter(({ properties }) =>
    listOf(properties['RouteTableIds']).some((given) => idOf(given) === tableId),
  );
  if (ofType(resources, 'AWS::EC2::NetworkAcl').length > 0)
    throw new UserError(
      'the template has access lists of its own, which are read from EC2 only: deploy the network, then check it there',
    );
  return {
    id,
    cidr: String(subnet?.properties['CidrBlock'] ?? ''),
    routes: [
      ...routes.map(routeOf),
      ...gateways.map(
        (gateway) =>
          ({ to: 'its prefix list', by: 'gateway endpoint', target: gateway.id, active: true }) as const,
      ),
    ],
    acl: (['in', 'out'] as const).map((direction) => ({
      direction,
      allows: true,
      ports: ALL_PORTS,
      cidr: ANYWHERE,
    })),
  };
}

function routeOf({ properties }: Resource): Route {
  const { NatGatewayId, GatewayId, DestinationCidrBlock } = properties;
  const by = NatGatewayId !== undefined ? 'nat' : GatewayId !== undefined ? 'internet gateway' : 'other';
  return {
    to: String(DestinationCidrBlock ?? ''),
    by,
    target: idOf(NatGatewayId ?? GatewayId),
    active: true,
  };
}

/** Its own rules, and those that other resources add to it. Without any rule out, everything may go out. */
function groupOf(resources: readonly Resource[], id: string): SecurityGroup {
  const group = resources.find((resource) => resource.id === id);
  if (group === undefined)
    throw new UserError(`the template does not make ${id}: check it with --subnets and --security-groups`);
  const added = (type: string) =>
    ofType(resources, type).filter(({ properties }) => idOf(properties['GroupId']) === id);
  const rulesIn = [
    ...listOf(group.properties['SecurityGroupIngress']),
    ...added('AWS::EC2::SecurityGroupIngress').map((one) => one.properties),
  ];
  const rulesOut = [
    ...listOf(group.properties['SecurityGroupEgress']),
    ...added('AWS::EC2::SecurityGroupEgress').map((one) => one.properties),
  ];
  const everywhere: GroupRule = { direction: 'out', ports: ALL_PORTS, peers: [ANYWHERE] };
  return {
    id,
    rules: [
      ...rulesIn.map((rule) => ruleOf('in', rule as Json)),
      ...(rulesOut.length === 0 ? [everywhere] : rulesOut.map((rule) => ruleOf('out', rule as Json))),
    ],
  };
}

function ruleOf(direction: GroupRule['direction'], rule: Json): GroupRule {
  const peers = [
    'CidrIp',
    'SourceSecurityGroupId',
    'DestinationSecurityGroupId',
    'SourcePrefixListId',
    'DestinationPrefixListId',
  ];
  return {
    direction,
    ports: parsePorts(
      String(rule['IpProtocol']),
      rule['FromPort'] as number | undefined,
      rule['ToPort'] as number | undefined,
    ),
    peers: peers.flatMap((name) => (rule[name] === undefined ? [] : [idOf(rule[name])])),
  };
}

function endpointOf(resources: readonly Resource[], { id, properties }: Resource): Endpoint {
  const service = JSON.stringify(properties['ServiceName']).match(/([a-z0-9-]+)"[^a-z0-9]*$/)?.[1] ?? '';
  const type = properties['VpcEndpointType'] ?? 'Gateway';
  return {
    id,
    service,
    type: type === 'Interface' || type === 'Gateway' ? type : 'other',
    available: true,
    privateDns: properties['PrivateDnsEnabled'] === true,
    subnets: listOf(properties['SubnetIds']).map(idOf),
    groups: listOf(properties['SecurityGroupIds']).map((given) => groupOf(resources, idOf(given))),
    policy: properties['PolicyDocument'],
  };
}

/** A reference by its logical id; anything else as it is. */
function idOf(given: unknown): string {
  if (typeof given !== 'object' || given === null) return String(given);
  const { Ref, 'Fn::GetAtt': attribute } = given as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  return Ref ?? attribute?.[0] ?? JSON.stringify(given);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
