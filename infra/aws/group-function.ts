/**
 * One function of a group, bundled from `functions/<team>/<entry>.ts`: its role without any managed policy, its log group,
 * its environment. The bundle is one ESM file with all that it needs, the SDK included, so what runs is what was locked
 * and tested, not what the runtime happens to bring (AWS Lambda docs: lambda-nodejs).
 *
 * The environment has exactly what shared/config.ts reads. CODE_VERSION is taken from the digest of the bundle, so an entry
 * names the very code that wrote it, and a deployment that changes no code changes no name.
 */
import { fileURLToPath } from 'node:url';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { FunctionEnvironment } from '../../shared/config.ts';
import { logGroup, type Ownership } from './data-key.ts';
import { useOfKey, writeLogs } from './group-rights.ts';

export interface GroupFunctionProps {
  readonly ownership: Ownership;
  /** The file in the team's folder; it exports `handler`. */
  readonly entry: 'handler' | 'rollup';
  readonly description: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  readonly key: Key;
  /** All of the environment but what only the bundle can tell. */
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
    const { ownership, entry, key, secrets } = props;
    const logs = logGroup(this, 'Logs', entry, key, ownership);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.allow(writeLogs(logs));
    const holdsSecrets = Object.keys(secrets).length > 0;
    if (holdsSecrets) this.allow(useOfKey('OwnEnvironment', key, 'lambda', ['kms:Decrypt']));
    this.function = new NodejsFunction(this, 'Function', {
      ...packagingOf(ownership.owner, entry),
      description: props.description,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      role: this.role,
      logGroup: logs,
      // Whoever may look at a function's settings would otherwise read the secrets there.
      ...(holdsSecrets && { environmentEncryption: key }),
      // A switch of the SDK's second version, which nothing here uses.
      awsSdkConnectionReuse: false,
    });
    const environment = {
      ...props.environment,
      CODE_VERSION: codeVersion(this.function),
    } satisfies FunctionEnvironment;
    for (const [name, value] of Object.entries({ ...secrets, ...environment }))
      this.function.addEnvironment(name, value);
  }

  allow(...statements: PolicyStatement[]): void {
    for (const statement of statements) this.role.addToPolicy(statement);
  }
}

function packagingOf(team: string, entry: string) {
  return {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    entry: `${ROOT}functions/${team}/${entry}.ts`,
    handler: 'handler',
    projectRoot: ROOT,
    depsLockFilePath: `${ROOT}package-lock.json`,
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
