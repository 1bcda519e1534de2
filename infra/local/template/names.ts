/**
 * Builds names and ARNs of resources that were never deployed: the physical name in the template, or else `<stack>-<logical
 * id>`. Parts that AWS would choose at random are derived from that name, so they are the same at every start. Names only
 * need to agree with each other and to look like AWS's. The answer of a custom resource can't be known without running it,
 * so it is refused.
 */
import { createHash } from 'node:crypto';
import type { Resource } from './cloud-assembly.ts';
import { ACCOUNT, PARTITION, REGION, URL_SUFFIX } from './scope.ts';

/** The input for names: evaluated properties of resources, and a refusal that names the place. */
export interface Naming {
  readonly textAt: (resource: Resource, property: string) => string;
  readonly refuse: (met: string) => never;
}

interface Kind {
  /** The property that may hold the name. */
  readonly name: string;
  /** `%` is the name, `#` a UUID derived from it. */
  readonly arn: string;
  /** What `Ref` returns. */
  readonly ref: 'name' | 'arn';
}

const here = `${REGION}:${ACCOUNT}`;

const kinds: Readonly<Record<string, Kind>> = {
  'AWS::DynamoDB::GlobalTable': { name: 'TableName', arn: `dynamodb:${here}:table/%`, ref: 'name' },
  'AWS::DynamoDB::Table': { name: 'TableName', arn: `dynamodb:${here}:table/%`, ref: 'name' },
  'AWS::Events::EventBus': { name: 'Name', arn: `events:${here}:event-bus/%`, ref: 'name' },
  'AWS::IAM::ManagedPolicy': { name: 'ManagedPolicyName', arn: `iam::${ACCOUNT}:policy/%`, ref: 'arn' },
  'AWS::IAM::Role': { name: 'RoleName', arn: `iam::${ACCOUNT}:role/%`, ref: 'name' },
  'AWS::KMS::Alias': { name: 'AliasName', arn: `kms:${here}:%`, ref: 'name' },
  'AWS::Lambda::Function': { name: 'FunctionName', arn: `lambda:${here}:function:%`, ref: 'name' },
  'AWS::Logs::LogGroup': { name: 'LogGroupName', arn: `logs:${here}:log-group:%:*`, ref: 'name' },
  'AWS::MSK::Cluster': { name: 'ClusterName', arn: `kafka:${here}:cluster/%/#-1`, ref: 'arn' },
  'AWS::MSK::Configuration': { name: 'Name', arn: `kafka:${here}:configuration/%/#-1`, ref: 'arn' },
  'AWS::MSK::ServerlessCluster': { name: 'ClusterName', arn: `kafka:${here}:cluster/%/#-s1`, ref: 'arn' },
  'AWS::S3::Bucket': { name: 'BucketName', arn: 's3:::%', ref: 'name' },
  'AWS::SNS::Topic': { name: 'TopicName', arn: `sns:${here}:%`, ref: 'arn' },
  'AWS::SQS::Queue': { name: 'QueueName', arn: `sqs:${here}:%`, ref: 'name' },
  'AWS::SSM::Parameter': { name: 'Name', arn: `ssm:${here}:parameter/%`, ref: 'name' },
  'AWS::SecretsManager::Secret': { name: 'Name', arn: `secretsmanager:${here}:secret:%-000000`, ref: 'arn' },
};

/** What `Ref` returns. */
export function buildIdentity(naming: Naming, resource: Resource): string {
  const property = (name: string) => naming.textAt(resource, name);
  switch (resource.type) {
    case 'AWS::KMS::Key':
      return buildUuid(buildPhysicalName(naming, resource));
    case 'AWS::SQS::Queue':
      return queueUrl(buildPhysicalName(naming, resource));
    case 'AWS::Lambda::Alias':
      return `${formatFunctionArn(property('FunctionName'))}:${property('Name')}`;
    case 'AWS::Lambda::Version':
      return `${formatFunctionArn(property('FunctionName'))}:1`;
    case 'AWS::SecretsManager::SecretTargetAttachment':
      return property('SecretId');
    case 'AWS::MSK::Topic':
      return arnOf(naming, resource);
    default:
      if (isCustom(resource)) return naming.refuse(unknowable(resource));
      return kinds[resource.type]?.ref === 'arn'
        ? arnOf(naming, resource)
        : buildPhysicalName(naming, resource);
  }
}

/** What `Fn::GetAtt` returns: a resource's own ARN, id or name. Only AWS knows other attributes. */
export function buildAttribute(naming: Naming, resource: Resource, name: string): string {
  if (isCustom(resource)) return naming.refuse(unknowable(resource));
  // `TopicName` of a Topic and `GroupId` of a SecurityGroup are the resource's own; `StreamArn` of a Table is not.
  const kind = resource.type.replace(/^.*::/, '');
  const isOwn = (what: string) => name.endsWith(what) && `${kind}${what}`.endsWith(name);
  if (isOwn('Arn')) return arnOf(naming, resource);
  if (isOwn('Name')) return buildPhysicalName(naming, resource);
  if (isOwn('Id')) return buildIdentity(naming, resource);
  const known = ownAttributes[`${resource.type}.${name}`];
  if (known === undefined)
    return naming.refuse(`only AWS knows the attribute '${name}' of ${resource.id} (${resource.type})`);
  return known(buildPhysicalName(naming, resource));
}

const ownAttributes: Readonly<Record<string, (name: string) => string>> = {
  'AWS::Lambda::Version.Version': () => '1',
  'AWS::MSK::Configuration.LatestRevision.Revision': () => '1',
  'AWS::S3::Bucket.DomainName': (name) => `${name}.s3.${URL_SUFFIX}`,
  'AWS::S3::Bucket.RegionalDomainName': (name) => `${name}.s3.${REGION}.${URL_SUFFIX}`,
  'AWS::SQS::Queue.QueueUrl': queueUrl,
};

function queueUrl(name: string): string {
  return `https://sqs.${REGION}.${URL_SUFFIX}/${ACCOUNT}/${name}`;
}

/** The function's name in an ARN, with or without a version or alias, or in `name:alias`. */
export function parseFunctionName(reference: string): string {
  const [, fromArn] = /^arn:[^:]*:lambda:[^:]*:[^:]*:function:([^:]+)/.exec(reference) ?? [];
  return fromArn ?? reference.replace(/:.*$/, '');
}

/** A text in the form of a UUID; the same seed gives the same UUID. */
export function buildUuid(seed: string): string {
  const digits = createHash('sha256').update(seed).digest('hex');
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-8$4-$5');
}

export function buildPhysicalName(naming: Naming, resource: Resource): string {
  const property =
    kinds[resource.type]?.name ?? (resource.type === 'AWS::MSK::Topic' ? 'TopicName' : undefined);
  if (property !== undefined && resource.properties[property] !== undefined)
    return naming.textAt(resource, property);
  const name = `${resource.stack.name}-${resource.id}`;
  return resource.type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
}

function arnOf(naming: Naming, resource: Resource): string {
  const name = buildPhysicalName(naming, resource);
  if (resource.type === 'AWS::MSK::Topic')
    return `${naming.textAt(resource, 'ClusterArn').replace(':cluster/', ':topic/')}/${name}`;
  if (resource.type === 'AWS::KMS::Key') return `arn:${PARTITION}:kms:${here}:key/${buildUuid(name)}`;
  if (resource.type.startsWith('AWS::Lambda::') && resource.type !== 'AWS::Lambda::Function')
    return buildIdentity(naming, resource);
  const [, service = '', kind = ''] = resource.type.toLowerCase().split('::');
  const pattern = kinds[resource.type]?.arn ?? `${service}:${here}:${kind}/%`;
  const slot = name.startsWith('/') && pattern.includes('/%') ? '/%' : '%';
  return `arn:${PARTITION}:${pattern.replace(slot, () => name).replace('#', buildUuid(name))}`;
}

export function formatFunctionArn(reference: string): string {
  return `arn:${PARTITION}:lambda:${here}:function:${parseFunctionName(reference)}`;
}

function isCustom({ type }: Resource): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

function unknowable({ id, type }: Resource): string {
  return `depends on the custom resource ${id} (${type}), which is not run here`;
}
