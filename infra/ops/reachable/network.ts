/**
 * A cluster's network as plain data, from a template or from EC2. It is the network of a mapping's pollers, since their interfaces are in
 * the cluster's subnets and have the cluster's security groups (AWS Lambda docs: with-msk-cluster-network).
 */

export interface Network {
  /** Where it was read, for the report. */
  readonly source: string;
  /** A template, to which others may add routes once it is deployed. */
  readonly planned?: boolean;
  /** Of the cluster. */
  readonly subnets: readonly Subnet[];
  readonly groups: readonly SecurityGroup[];
  /** All endpoints of the VPC. */
  readonly endpoints: readonly Endpoint[];
  /** Both switches of the VPC that private names of endpoints need. */
  readonly dns: boolean;
}

export interface Subnet {
  readonly id: string;
  readonly cidr: string;
  readonly routes: readonly Route[];
  /** In the order of evaluation; the first match decides. */
  readonly acl: readonly AclRule[];
}

export interface Route {
  /** A CIDR, or the id of a prefix list. */
  readonly to: string;
  readonly by:
    | 'local'
    | 'nat'
    | 'internet gateway'
    | 'gateway endpoint'
    | 'peering'
    | 'transit gateway'
    | 'other';
  /** The gateway's or endpoint's id. */
  readonly target: string;
  /** False for a black hole: a route whose gateway is gone. */
  readonly active: boolean;
}

export interface AclRule {
  readonly direction: 'in' | 'out';
  readonly allows: boolean;
  readonly ports: Ports;
  readonly cidr: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly rules: readonly GroupRule[];
}

export interface GroupRule {
  readonly direction: 'in' | 'out';
  readonly ports: Ports;
  /** CIDRs, ids of groups or of prefix lists. */
  readonly peers: readonly string[];
}

/** Of TCP; `none` for rules of other protocols. */
type Ports = { readonly from: number; readonly to: number } | 'none';

export interface Endpoint {
  readonly id: string;
  /** The last part of the service's name: lambda, sts, s3. */
  readonly service: string;
  readonly type: 'Interface' | 'Gateway' | 'other';
  readonly available: boolean;
  readonly privateDns: boolean;
  readonly subnets: readonly string[];
  readonly groups: readonly SecurityGroup[];
  /** Undefined means the default: everybody may do everything. */
  readonly policy: unknown;
}

export const ANYWHERE = '0.0.0.0/0';
export const ALL_PORTS: Ports = { from: 0, to: 65_535 };

/** What EC2 and CloudFormation say of a rule: -1 is every protocol, 6 is TCP, and a rule for all ports may name none. */
export function parsePorts(
  protocol: string | undefined,
  from: number | undefined,
  to: number | undefined,
): Ports {
  if (protocol === '-1') return ALL_PORTS;
  if (protocol !== 'tcp' && protocol !== '6') return 'none';
  return { from: from ?? 0, to: to ?? 65_535 };
}

export function hasPort(ports: Ports, port: number): boolean {
  return ports !== 'none' && ports.from <= port && port <= ports.to;
}

/** Whether one range of IPv4 addresses is within another; false for anything that is not such a range. */
export function isWithin(inner: string, outer: string): boolean {
  const [a, b] = [rangeOf(inner), rangeOf(outer)];
  return a !== undefined && b !== undefined && b.from <= a.from && a.to <= b.to;
}

function rangeOf(cidr: string): { from: number; to: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  if (Math.max(a, b, c, d) > 255 || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  const from = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size;
  return { from, to: from + size - 1 };
}
