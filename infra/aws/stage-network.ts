/**
 * The network of a stage as plain data: its addresses, its zones, and the clients that the brokers admit. Everything here but
 * `clients` is fixed with the first deployment: another VPC or other subnets mean another cluster, since MSK takes the client
 * subnets at creation only (CloudFormation schema of AWS::MSK::Cluster).
 */
import { BlockList, isIPv4 } from 'node:net';

export interface NetworkConfig {
  /**
   * Addresses of the VPC, /16 to /22 (three subnets of /24). Ranges of VPCs that are joined by peering or a transit gateway must not
   * overlap (Amazon VPC docs: vpc-peering-basics), so each stage has its own; take one that your network team has free.
   */
  readonly cidr: string;
  /**
   * Three zones by id, like `euw1-az1`: an id means the same place in every account, a name like `eu-west-1a` does not (Amazon EC2 docs:
   * az-ids). Without them the account's first three zones are taken. `aws ec2 describe-availability-zones` lists both.
   */
  readonly zones?: readonly [string, string, string];
  /**
   * Whether the brokers' subnets have a way to Lambda and STS that somebody else makes: a NAT gateway, or interface endpoints for both. Pollers
   * on demand call these from there (AWS Lambda docs: with-kafka-cluster-network), so without it a group that wants them is refused.
   */
  readonly reachesLambda?: true;
  /** Who may open connections to the brokers on port 9098, apart from Lambda's pollers. Nobody can without an entry here. */
  readonly clients: readonly NetworkClient[];
}

/** Producers and other clients, by their addresses or by their security group. What they may do is decided by IAM, not here. */
export type NetworkClient = { readonly description: string } & (
  | { readonly cidr: string }
  | {
      /** In this VPC, in a peered VPC of the same region, or in one that a transit gateway joins (Amazon VPC docs: tgw-vpc-attachments). */
      readonly securityGroupId: string;
      /** The account that owns the group, where it is another. */
      readonly account?: string;
    }
);

const BITS = { min: 16, max: 22 };
/** Wider than any private network (RFC 1918). */
const CLIENT_BITS_MIN = 8;

/** Sentences that say what was given, what is allowed and what to do; empty if nothing is wrong. */
export function listNetworkFaults({ cidr, zones, clients }: NetworkConfig): string[] {
  const own = rangeOf(cidr);
  const faults: string[] = [];
  if (own === undefined || own.bits < BITS.min || own.bits > BITS.max)
    faults.push(
      `network.cidr is '${cidr}', allowed is an IPv4 range of /${BITS.min} to /${BITS.max} like 10.42.0.0/16: take one that is free in your network`,
    );
  const wrongZone = zones?.find(
    (id, at) => !/^[a-z]{2,5}\d{1,2}-az\d{1,2}$/.test(id) || zones.indexOf(id) !== at,
  );
  if (wrongZone !== undefined)
    faults.push(
      `network.zones has '${wrongZone}', allowed are three different zone ids like euw1-az1: aws ec2 describe-availability-zones lists them as ZoneId`,
    );
  return [...faults, ...clients.flatMap((client) => clientFaults(client, own))];
}

function clientFaults(client: NetworkClient, own: Range | undefined): string[] {
  if ('securityGroupId' in client) {
    const { securityGroupId, account } = client;
    if (!/^sg-[0-9a-f]{8,17}$/.test(securityGroupId))
      return [
        `network.clients has the security group '${securityGroupId}', allowed is an id like sg-0123456789abcdef0`,
      ];
    if (account !== undefined && !/^\d{12}$/.test(account))
      return [`network.clients has the account '${account}', allowed are 12 digits`];
    return [];
  }
  const range = rangeOf(client.cidr);
  if (range === undefined || range.bits < CLIENT_BITS_MIN)
    return [
      `network.clients has '${client.cidr}', allowed is an IPv4 range of /${CLIENT_BITS_MIN} to /32 like 10.60.0.0/20: name the clients' subnets, not the world`,
    ];
  if (own !== undefined && overlaps(own, range))
    return [
      `network.clients has '${client.cidr}', which overlaps the stage's own ${own.cidr}: no route can lead there, so one of both has to move`,
    ];
  return [];
}

/** The last 16 addresses of a range, which three subnets of /24 from its start leave free. */
export function findLastBlock(cidr: string): string {
  const { address, bits } = rangeOf(cidr) ?? { address: '', bits: 32 };
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const last = first + 2 ** (32 - bits) - 16;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join('.')}/28`;
}

interface Range {
  readonly cidr: string;
  readonly address: string;
  readonly bits: number;
}

/** Undefined for what is no range, or one whose address has bits beyond its length, which EC2 refuses. */
function rangeOf(cidr: string): Range | undefined {
  const [address = '', length = ''] = cidr.split('/');
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : -1;
  if (!isIPv4(address) || bits < 0 || bits > 32) return undefined;
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return number % 2 ** (32 - bits) === 0 ? { cidr, address, bits } : undefined;
}

/** Two ranges have addresses in common exactly if one holds the first address of the other. */
function overlaps(a: Range, b: Range): boolean {
  const holds = (outer: Range, inner: Range) => {
    const list = new BlockList();
    list.addSubnet(outer.address, outer.bits);
    return list.check(inner.address);
  };
  return holds(a, b) || holds(b, a);
}
