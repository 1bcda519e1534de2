/**
 * The network of the brokers: three zones, isolated subnets, no way in or out but two. Pollers in provisioned mode stand
 * in these subnets and in this security group, and need neither NAT nor interface endpoints (AWS Lambda docs:
 * kafka-scaling-modes); functions are in no VPC at all.
 *
 * Lambda asks for an endpoint of the service that a failure destination is in, without saying whether provisioned mode
 * waives it (AWS Lambda docs: kafka-on-failure). The gateway endpoint of S3 costs nothing, so it is here, together with
 * the way out on 443 without which nobody could use it. The subnets have no other route: 443 leads to S3 only, and the
 * endpoint lets nothing pass but what a destination takes, into buckets of this account.
 */
import {
  CfnSecurityGroup,
  CfnSecurityGroupEgress,
  CfnSecurityGroupIngress,
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Aws } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/** The listener of MSK that takes IAM credentials (AWS MSK docs: port-info). */
const IAM_PORT = 9098;

export class StreamNetwork extends Construct {
  readonly vpc: Vpc;
  readonly securityGroupId: string;

  constructor(scope: Construct, id: string, flowLogs: ILogGroup) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.42.0.0/16'),
      maxAzs: 3,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Brokers', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
      // Emptying the default group takes a custom resource with a function of its own; nothing here is in that group.
      restrictDefaultSecurityGroup: false,
    });
    this.vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(flowLogs),
      trafficType: FlowLogTrafficType.ALL,
    });
    this.securityGroupId = this.addSecurityGroup();
    this.addS3Endpoint();
  }

  private addSecurityGroup(): string {
    const { attrGroupId: groupId } = new CfnSecurityGroup(this, 'Brokers', {
      groupDescription: 'Brokers and the pollers that read from them',
      vpcId: this.vpc.vpcId,
      securityGroupEgress: [
        { ...tcp(443), cidrIp: '0.0.0.0/0', description: 'Failure destinations, by the endpoint of S3' },
      ],
    });
    const listener = { ...tcp(IAM_PORT), groupId, description: 'Pollers to brokers' };
    new CfnSecurityGroupIngress(this, 'FromPollers', { ...listener, sourceSecurityGroupId: groupId });
    new CfnSecurityGroupEgress(this, 'ToBrokers', { ...listener, destinationSecurityGroupId: groupId });
    return groupId;
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
