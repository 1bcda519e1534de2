/**
 * The network of the brokers: three zones, isolated subnets, open only to pollers and to the clients that the stage names. Pollers in
 * provisioned mode have their interfaces in these subnets and in this security group, and need neither NAT nor interface endpoints (AWS
 * Lambda docs: kafka-scaling-modes); functions are in no VPC. Routes to the clients' networks belong to the owners of these networks:
 * docs/producers.md.
 *
 * Outbound rules are all inline and inbound rules are all resources of their own. Mixed, a rule of its own would look like drift of the
 * inline list (inferred: CloudFormation docs, using-cfn-stack-drift, compare the list with every rule of the group).
 *
 * Lambda asks for an endpoint of the service that a failure destination is in, without saying whether provisioned mode waives it (AWS
 * Lambda docs: kafka-on-failure). The gateway endpoint of S3 costs nothing, so it is here, together with the outbound rule on 443 that it
 * needs. The subnets have no other route: 443 leads to S3 only, and the endpoint admits only what a destination needs, into buckets of this
 * account.
 */
import {
  CfnSecurityGroup,
  CfnSecurityGroupIngress,
  type CfnSubnet,
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Aws } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { NetworkClient, NetworkConfig } from './stage-network.ts';

/** The listener of MSK that takes IAM credentials (AWS MSK docs: port-info). */
export const IAM_PORT = 9098;

export class StreamNetwork extends Construct {
  readonly vpc: Vpc;
  readonly securityGroupId: string;
  readonly routeTableIds: readonly string[];

  constructor(scope: Construct, id: string, config: NetworkConfig, flowLogs: ILogGroup) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(config.cidr),
      maxAzs: 3,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Brokers', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
      // Emptying the default group takes a custom resource with a function of its own; nothing here is in that group.
      restrictDefaultSecurityGroup: false,
    });
    this.routeTableIds = this.vpc.isolatedSubnets.map(({ routeTable }) => routeTable.routeTableId);
    if (config.zones !== undefined) this.placeIn(config.zones);
    this.vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(flowLogs, this.flowLogRole()),
      trafficType: FlowLogTrafficType.ALL,
    });
    this.securityGroupId = this.addSecurityGroup(config.cidr);
    for (const client of config.clients) this.admit(client);
    this.addS3Endpoint();
  }

  /** AWS VPC docs: flow-logs-iam-role. CDK adds the rights on the one log group. */
  private flowLogRole(): Role {
    return new Role(this, 'FlowLogRole', {
      assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
  }

  private placeIn(zones: readonly string[]): void {
    this.vpc.isolatedSubnets.forEach(({ node }, at) => {
      const subnet = node.defaultChild as CfnSubnet;
      subnet.addPropertyDeletionOverride('AvailabilityZone');
      subnet.addPropertyOverride('AvailabilityZoneId', zones[at]);
    });
  }

  private addSecurityGroup(cidr: string): string {
    const { attrGroupId: groupId } = new CfnSecurityGroup(this, 'Brokers', {
      groupDescription: 'Brokers and the pollers that read from them',
      vpcId: this.vpc.vpcId,
      securityGroupEgress: [
        { ...tcp(443), cidrIp: '0.0.0.0/0', description: 'Failure destinations, by the endpoint of S3' },
        { ...tcp(IAM_PORT), cidrIp: cidr, description: 'Pollers to brokers' },
      ],
    });
    new CfnSecurityGroupIngress(this, 'FromPollers', {
      ...{ ...tcp(IAM_PORT), groupId, sourceSecurityGroupId: groupId },
      description: 'Pollers to brokers',
    });
    return groupId;
  }

  /** One rule a client, under an id of its own, so that a client that goes takes only its rule with it. */
  private admit(client: NetworkClient): void {
    const source =
      'cidr' in client
        ? { cidrIp: client.cidr }
        : {
            sourceSecurityGroupId: client.securityGroupId,
            ...(client.account !== undefined && { sourceSecurityGroupOwnerId: client.account }),
          };
    const name = 'cidr' in client ? client.cidr : client.securityGroupId;
    new CfnSecurityGroupIngress(this, `From${name.replaceAll(/[^0-9A-Za-z]/g, '-')}`, {
      ...{ ...tcp(IAM_PORT), groupId: this.securityGroupId, ...source },
      description: client.description,
    });
  }

  private addS3Endpoint(): void {
    const s3 = this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    s3.addToPolicy(
      new PolicyStatement({
        sid: 'FailureDestinations',
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject', 's3:ListBucket'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:ResourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
  }
}

function tcp(port: number) {
  return { ipProtocol: 'tcp', fromPort: port, toPort: port };
}
