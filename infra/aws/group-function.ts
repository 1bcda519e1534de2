/**
 * One function of a group, bundled from the file that the team names: its role without any managed policy, its log group,
 * its environment. The bundle is one ESM file with all that it needs, the SDK included, so what runs is what was locked
 * and tested, not what the runtime happens to bring (AWS Lambda docs: lambda-nodejs).
 *
 * The environment has exactly what shared/config.ts reads. CODE_VERSION is taken from the digest of the bundle, so an entry
 * names the very code that wrote it, and a deployment that changes no code changes no name.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, type Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Aws, Duration, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { FunctionEnvironment } from '../../shared/config.ts';
import { createLogGroup, type OwnLogs } from './data-key.ts';
import { allowKey, allowWritingLogs } from './group-rights.ts';

interface GroupFunctionProps {
  readonly name: 'handler' | 'rollup';
  /** The file that exports `handler`. */
  readonly entry: string;
  /** Pins the packages of the bundle. By default the nearest one from the app's folder upwards. */
  readonly lockFile: string | undefined;
  readonly logs: OwnLogs;
  readonly description: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  readonly key: IKey;
  /** The environment, except for what only the bundle knows. */
  readonly environment: Omit<FunctionEnvironment, 'CODE_VERSION'>;
  /** By name of variable: references that CloudFormation resolves, never the secrets themselves. */
  readonly secrets: Readonly<Record<string, string>>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const VERSION_LENGTH = 12;

export class GroupFunction extends Construct {
  readonly function: NodejsFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: GroupFunctionProps) {
    super(scope, id);
    const { name, key, secrets } = props;
    const logs = createLogGroup(this, 'Logs', name, key, props.logs);
    this.role = new Role(this, 'Role', {
      // AWS Lambda docs: lambda-intro-execution-role.
      assumedBy: new ServicePrincipal('lambda.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    this.allow(allowWritingLogs(logs));
    const holdsSecrets = Object.keys(secrets).length > 0;
    if (holdsSecrets) this.allow(allowKey('OwnEnvironment', key.keyArn, 'lambda', ['kms:Decrypt']));
    this.function = new NodejsFunction(this, 'Function', {
      ...packagingOf(props.entry, props.lockFile),
      description: props.description,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      role: this.role,
      logGroup: logs,
      // Otherwise anybody who may read a function's settings could read the secrets there.
      ...(holdsSecrets && { environmentEncryption: key }),
      // A switch of the SDK's second version, which nothing here uses.
      awsSdkConnectionReuse: false,
    });
    const environment = {
      ...props.environment,
      CODE_VERSION: codeVersion(this.function),
    } satisfies FunctionEnvironment;
    for (const [name, value] of Object.entries({ ...secrets, ...environment }))
      if (value !== undefined) this.function.addEnvironment(name, value);
    this.acknowledgeSynchrony();
  }

  private acknowledgeSynchrony(): void {
    Validations.of(this.function).acknowledge(
      {
        id: 'Serverless-LambdaDLQ',
        reason:
          "A dead-letter queue takes failed asynchronous invocations only (AWS Lambda docs: invocation-async-retain-records). The mapping invokes the handler synchronously and has retries and destination of its own; a rollup that fails is done by the next minute's, which starts from the same checkpoint.",
      },
      {
        id: 'Serverless-LambdaTracing',
        reason:
          'No trace comes with a record of Kafka that could be continued. Each entry of the journal names request, code version, offsets and time, and X-Ray would add xray:PutTraceSegments on every resource to each role (AWS Lambda docs: services-xray).',
      },
    );
  }

  /**
   * Evidence for cdk-nag of the wildcards that rights to a mapping can't do without.
   * @param objects resources that are all objects of a bucket
   */
  acknowledgeWildcards(objects: readonly string[]): void {
    const role = Validations.of(this.role);
    role.acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        "Only the six ec2 actions by which Lambda puts the pollers' interfaces into the cluster's network; the page asks for them on every resource, since the interfaces don't exist yet and Describe knows no narrower one (AWS Lambda docs: with-msk-permissions).",
    });
    for (const resource of objects) {
      role.acknowledge({
        id: `AwsSolutions-IAM5[Resource::${flat(Stack.of(this).resolve(resource))}]`,
        reason:
          'Lambda chooses the keys of the objects that it gives up, and documents none for Kafka (AWS Lambda docs: kafka-on-failure). s3:PutObject alone, in the one bucket of this group.',
      });
    }
  }

  allow(...statements: PolicyStatement[]): void {
    for (const statement of statements) this.role.addToPolicy(statement);
  }
}

/** A resource as cdk-nag names it in its findings. */
function flat(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { 'Fn::Join': [, parts] = ['', []], 'Fn::GetAtt': attribute } = resource as {
    'Fn::Join'?: [string, unknown[]];
    'Fn::GetAtt'?: [string, string];
  };
  return attribute === undefined ? parts.map(flat).join('') : `<${attribute.join('.')}>`;
}

function packagingOf(entry: string, lockFile: string | undefined) {
  return {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    entry,
    handler: 'handler',
    ...(lockFile !== undefined && { projectRoot: dirname(lockFile), depsLockFilePath: lockFile }),
    bundling: {
      format: OutputFormat.ESM,
      mainFields: ['module', 'main'],
      target: 'node24',
      minify: true,
      sourceMap: false,
      bundleAwsSDK: true,
      logLevel: LogLevel.WARNING,
      esbuildArgs: {
        '--alias:@aws-sdk/credential-provider-node': `${ROOT}shared/environment-credentials.ts`,
      },
    },
  };
}

function codeVersion(bundled: NodejsFunction): string {
  const code = bundled.node.findChild('Code');
  if (!(code instanceof Asset)) throw new Error(`the code of ${bundled.node.path} is no asset`);
  return code.assetHash.slice(0, VERSION_LENGTH);
}

/** Neither service accepts less. */
const EVENT_AGE_MAX = Duration.minutes(1);

/**
 * Runs a ledger's rollup every minute. Nobody repeats a failed run, neither the scheduler nor Lambda's own queue, which would try twice
 * more (AWS Lambda docs: invocation-async-error-handling): the next minute does its work too. The role may invoke this function and nothing
 * else, and only for this account's schedules (AWS EventBridge Scheduler docs: cross-service-confused-deputy-prevention).
 */
export function scheduleRollup(scope: Construct, rollup: LambdaFunction): void {
  rollup.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: EVENT_AGE_MAX });
  Validations.of(rollup.node.findChild('EventInvokeConfig')).acknowledge({
    id: 'Serverless-LambdaAsyncFailureDestination',
    reason:
      'The event says nothing but that a minute has passed, so there is nothing to keep of a failed one: the next does its work, and an alarm tells when rollups fall behind.',
  });
  const role = new Role(scope, 'ScheduleRole', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({
      sid: 'RunRollup',
      actions: ['lambda:InvokeFunction'],
      resources: [rollup.functionArn],
    }),
  );
  const schedule = new CfnSchedule(scope, 'Schedule', {
    description: 'Runs the rollup',
    scheduleExpression: 'rate(1 minute)',
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: rollup.functionArn,
      roleArn: role.roleArn,
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: EVENT_AGE_MAX.toSeconds() },
    },
  });
  schedule.node.addDependency(role);
}
