/**
 * A small instance next to the brokers, for a stage that asks for one, to run `clickledger audit`, `redrive`, `replay` and
 * `statement`. Session Manager is the only way in: there is no key pair, no public address, no inbound rule and no route to the internet.
 * docs/adr/0024-operator-stack.md says why an instance, and what it costs.
 *
 *   person ─► Session Manager ─► instance ─► brokers, on 9098
 *                                   ├─► DynamoDB, S3: gateway endpoints
 *                                   └─► Lambda, STS: interface endpoints, like the two of Session Manager
 *
 * It has a subnet and a route table of its own, so its endpoints change nothing for the brokers and their pollers. It reads logs and
 * ledgers of the teams that the stage names and assumes their redrive roles to invoke their handlers, under the same conditions as the
 * mapping; it writes nothing itself.
 */
import { fileURLToPath } from 'node:url';
import {
  AmazonLinuxCpuType,
  BlockDeviceVolume,
  CfnRouteTable,
  CfnSecurityGroupIngress,
  CfnSubnet,
  CfnSubnetRouteTableAssociation,
  CfnVPCEndpoint,
  EbsDeviceVolumeType,
  Instance,
  InstanceClass,
  InstanceSize,
  InstanceType,
  type IVpc,
  MachineImage,
  Peer,
  Port,
  SecurityGroup,
  UserData,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import {
  AssetHashType,
  Aws,
  CfnOutput,
  DockerImage,
  Fn,
  Stack,
  type StackProps,
  Validations,
} from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { formatNetworkPath } from '../../shared/published.ts';
import type { Groups } from './group-rules.ts';
import { allowOperator, allowSessions } from './operator-rights.ts';
import { findLastBlock } from './stage-network.ts';
import type { StageConfig, StageName } from './stages.ts';
import { IAM_PORT } from './stream-network.ts';

interface OperatorStackProps extends StackProps {
  readonly stage: StageName;
  readonly config: StageConfig;
  /** Those on whose ledgers it may work, by the name of the team's folder. */
  readonly groups: Groups;
}

/** Its commands. Each becomes one file without packages. */
export const operatorCommands = ['audit', 'redrive', 'replay', 'statement'] as const;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const VOLUME_GIB = 8;
/** What Session Manager needs from a subnet without a way out (AWS Systems Manager docs: setup-create-vpc), and what redrive invokes and assumes. */
const INTERFACE_SERVICES = ['ssm', 'ssmmessages', 'lambda', 'sts'];

export class OperatorStack extends Stack {
  private readonly vpc: IVpc;
  private readonly subnet: CfnSubnet;
  private readonly routes: CfnRouteTable;
  private readonly instance: Instance;

  constructor(scope: Construct, id: string, props: OperatorStackProps) {
    super(scope, id, props);
    const { stage, config, groups } = props;
    const { cidr, zones } = config.network;
    const vpcId = StringParameter.valueForStringParameter(this, formatNetworkPath(stage, 'vpc-id'));
    this.subnet = new CfnSubnet(this, 'Subnet', {
      vpcId,
      cidrBlock: findLastBlock(cidr),
      ...(zones === undefined
        ? { availabilityZone: Fn.select(0, Fn.getAzs()) }
        : { availabilityZoneId: zones[0] }),
    });
    this.routes = new CfnRouteTable(this, 'Routes', { vpcId });
    this.vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId,
      availabilityZones: [this.subnet.attrAvailabilityZone],
      isolatedSubnetIds: [this.subnet.attrSubnetId],
      isolatedSubnetRouteTableIds: [this.routes.attrRouteTableId],
    });
    const tools = this.addTools();
    const own = this.addSecurityGroup(stage);
    const endpoints = this.addEndpoints(cidr);
    this.instance = this.addInstance(own, tools);
    this.instance.node.addDependency(...endpoints);
    const rights = allowOperator(this, { stage, groups });
    for (const statement of [...allowSessions(), ...rights, codeOf(tools)])
      this.instance.addToRolePolicy(statement);
    this.acknowledge(rights.flatMap(({ resources }) => resources).filter((each) => each.endsWith('/*')));
    new CfnOutput(this, 'InstanceId', { value: this.instance.instanceId });
  }

  /** In the bucket of the CDK bootstrap. The instance fetches it at creation, and is replaced when it changes. */
  private addTools(): Asset {
    return new Asset(this, 'Tools', {
      path: `${ROOT}infra/cli`,
      assetHashType: AssetHashType.OUTPUT,
      bundling: {
        image: DockerImage.fromRegistry('none: esbuild runs here'),
        local: {
          tryBundle: (folder: string) => {
            bundleCommands(folder);
            return true;
          },
        },
      },
    });
  }

  private addSecurityGroup(stage: StageName): SecurityGroup {
    const brokers = StringParameter.valueForStringParameter(
      this,
      formatNetworkPath(stage, 'broker-security-group-id'),
    );
    const own = new SecurityGroup(this, 'SecurityGroup', {
      vpc: this.vpc,
      description: 'The operator: out to brokers and endpoints, nothing in',
      allowAllOutbound: false,
    });
    own.addEgressRule(Peer.anyIpv4(), Port.HTTPS, 'Endpoints; the subnet has no other route');
    own.addEgressRule(Peer.securityGroupId(brokers), Port.tcp(IAM_PORT), 'Brokers');
    new CfnSecurityGroupIngress(this, 'ToBrokers', {
      groupId: brokers,
      ipProtocol: 'tcp',
      fromPort: IAM_PORT,
      toPort: IAM_PORT,
      sourceSecurityGroupId: own.securityGroupId,
      description: 'The operator',
    });
    return own;
  }

  private addEndpoints(cidr: string): Construct[] {
    const { vpcId } = this.vpc;
    const association = new CfnSubnetRouteTableAssociation(this, 'RoutesOfSubnet', {
      subnetId: this.subnet.attrSubnetId,
      routeTableId: this.routes.attrRouteTableId,
    });
    const serviceName = (service: string) => `com.amazonaws.${Aws.REGION}.${service}`;
    const gateways = [
      ['dynamodb', policyOf([ownAccount(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'])])],
      ['s3', policyOf([ownAccount(['s3:GetObject', 's3:ListBucket']), packagesOfAmazonLinux()])],
    ].map(
      ([service, policyDocument]) =>
        new CfnVPCEndpoint(this, `To-${service}`, {
          vpcId,
          vpcEndpointType: 'Gateway',
          serviceName: serviceName(String(service)),
          routeTableIds: [this.routes.attrRouteTableId],
          policyDocument,
        }),
    );
    const theirs = new SecurityGroup(this, 'EndpointsSecurityGroup', {
      vpc: this.vpc,
      description: 'Endpoints of the operator',
      allowAllOutbound: false,
    });
    theirs.addIngressRule(
      Peer.ipv4(cidr),
      Port.HTTPS,
      'From within the VPC: its names lead here for everybody',
    );
    const interfaces = INTERFACE_SERVICES.map(
      (service) =>
        new CfnVPCEndpoint(this, `To-${service}`, {
          vpcId,
          vpcEndpointType: 'Interface',
          serviceName: serviceName(service),
          privateDnsEnabled: true,
          subnetIds: [this.subnet.attrSubnetId],
          securityGroupIds: [theirs.securityGroupId],
        }),
    );
    return [association, ...gateways, ...interfaces];
  }

  private addInstance(securityGroup: SecurityGroup, tools: Asset): Instance {
    const userData = UserData.forLinux();
    userData.addCommands(
      'set -e',
      // Packages come from S3, by the endpoint (Amazon Linux 2023 docs: nodejs).
      'dnf install -y nodejs24',
      `aws s3 cp ${tools.s3ObjectUrl} /tmp/tools.zip --region ${Aws.REGION}`,
      'mkdir -p /opt/clickledger',
      'python3 -m zipfile -e /tmp/tools.zip /opt/clickledger',
      "cat > /usr/bin/clickledger <<'END'",
      '#!/bin/sh',
      `[ -f "/opt/clickledger/$1.mjs" ] || { echo "clickledger ${operatorCommands.join('|')} [options]" >&2; exit 2; }`,
      'command="$1"',
      'shift',
      `AWS_REGION=${Aws.REGION} exec node-24 "/opt/clickledger/$command.mjs" "$@"`,
      'END',
      'chmod 755 /usr/bin/clickledger',
    );
    return new Instance(this, 'Instance', {
      vpc: this.vpc,
      vpcSubnets: { subnets: this.vpc.isolatedSubnets },
      instanceType: InstanceType.of(InstanceClass.T4G, InstanceSize.SMALL),
      machineImage: MachineImage.latestAmazonLinux2023({ cpuType: AmazonLinuxCpuType.ARM_64 }),
      securityGroup,
      role: new Role(this, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }),
      requireImdsv2: true,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(VOLUME_GIB, {
            encrypted: true,
            volumeType: EbsDeviceVolumeType.GP3,
          }),
        },
      ],
      userData,
      userDataCausesReplacement: true,
    });
  }

  /** @param objects resources that are all objects of a bucket */
  private acknowledge(objects: readonly string[]): void {
    const role = Validations.of(this.instance.role);
    role.acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        "Only the five actions of the agent that Session Manager talks to; none of them knows a resource (Service Authorization Reference: list_amazonsessionmanagermessagegatewayservice). Each opens the instance's own channel.",
    });
    for (const each of objects) {
      const { 'Fn::Join': [, [bucket]] = ['', []] } = this.resolve(each) as {
        'Fn::Join'?: [string, { Ref: string }[]];
      };
      role.acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${bucket?.Ref}>/*]`,
        reason:
          'Lambda chooses the keys of the objects that it gives up, and documents none for Kafka (AWS Lambda docs: kafka-on-failure). Redrive reads them all; s3:GetObject alone, in the buckets of the teams that the stage names.',
      });
    }
    Validations.of(this.instance).acknowledge(
      {
        id: 'AwsSolutions-EC28',
        reason:
          'Detailed monitoring tells of load by the minute. Nothing runs on this instance but what a person types, and that person is looking at it.',
      },
      {
        id: 'AwsSolutions-EC29',
        reason:
          'Nothing is kept on the instance: its code comes from an asset, its work is in ledgers and logs. It may be replaced at any deployment, and has to be when the code changes.',
      },
    );
  }
}

/** One file for each command, with all that it needs. */
export function bundleCommands(folder: string): void {
  const inRoot = (file: string) => JSON.stringify(`${ROOT}${file}`);
  for (const command of operatorCommands)
    buildSync({
      absWorkingDir: ROOT,
      stdin: {
        contents: `
          import { ${command} } from ${inRoot(`infra/cli/${command}.ts`)};
          import { runCommand } from ${inRoot('infra/terminal/command.ts')};
          process.exitCode = await runCommand(${command}, process.argv.slice(2));`,
        resolveDir: ROOT,
      },
      outfile: `${folder}/${command}.mjs`,
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      logLevel: 'error',
      // The same with its WebAssembly inside instead of in a separate file.
      alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' },
      // Packages that are not modules ask for `require`.
      banner: {
        js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
      },
    });
}

/** This one object, where CDK's own grant would be of the whole bucket of assets. */
function codeOf(tools: Asset): PolicyStatement {
  return new PolicyStatement({
    sid: 'OwnCode',
    actions: ['s3:GetObject'],
    resources: [`arn:${Aws.PARTITION}:s3:::${tools.s3BucketName}/${tools.s3ObjectKey}`],
  });
}

function policyOf(statements: PolicyStatement[]): PolicyDocument {
  return new PolicyDocument({ statements });
}

function ownAccount(actions: string[]): PolicyStatement {
  return new PolicyStatement({
    principals: [new AnyPrincipal()],
    actions,
    resources: ['*'],
    conditions: { StringEquals: { 'aws:ResourceAccount': Aws.ACCOUNT_ID } },
  });
}

/** Buckets of AWS with the packages of Amazon Linux 2023, one for each region. */
function packagesOfAmazonLinux(): PolicyStatement {
  return new PolicyStatement({
    principals: [new AnyPrincipal()],
    actions: ['s3:GetObject'],
    resources: [`arn:${Aws.PARTITION}:s3:::al2023-repos-${Aws.REGION}-*/*`],
  });
}
