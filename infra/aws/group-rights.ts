/**
 * What a group's functions may do, statement by statement. Nothing else is granted, no action has a wildcard, and every resource is the
 * group's own, so no team can read, write or join what belongs to another (I9). There is no Scan and no DeleteItem: entries are immutable,
 * and only their end of life removes them (I4).
 *
 * Writes are bounded by `pk`, the only part of a key that IAM knows (Amazon DynamoDB docs: specifying-conditions): the rollup writes no
 * journal, the handler no statement line and no checkpoint. docs/adr/0025-least-rights.md says what these bounds can't say.
 */
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Aws, Fn } from 'aws-cdk-lib/core';

/** The function's own lines, and those of the pollers (AWS Lambda docs: esm-logging). */
export function allowWritingLogs(logs: ILogGroup): PolicyStatement {
  return new PolicyStatement({
    sid: 'OwnLogs',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logs.logGroupArn],
  });
}

/** Reads the head and the checkpoint, puts entries, lists parked records and settles them. */
export function allowAppending(table: Table, key: IKey, topic: string): PolicyStatement[] {
  // One list for both actions: no page says whether a transaction is judged item by item or by all its keys at once.
  const keys = [`${topic}@*`, 'journals', `parked#${topic}@*`];
  return [
    readLedger(table),
    writeLedger(table, 'AppendEntries', ['dynamodb:PutItem', 'dynamodb:UpdateItem'], keys),
    ledgerKeyStatement(key),
  ];
}

/**
 * Reads entries, adds to statement lines, lists parked records and moves checkpoints.
 * @param lines what the partition keys of lines begin with
 */
export function allowProjecting(table: Table, key: IKey, lines: string): PolicyStatement[] {
  return [
    readLedger(table),
    writeLedger(table, 'AddToLines', ['dynamodb:UpdateItem'], [`${lines}*`]),
    writeLedger(table, 'PutProjections', ['dynamodb:PutItem'], ['checkpoint#*', 'parked#*']),
    ledgerKeyStatement(key),
  ];
}

/**
 * Nobody else in the account may write to this table. Reading it, restoring it into another table and changing this policy are left to the
 * account's own policies. The resource is `*`, since a table can't name itself while it is created (AWS CDK docs: aws-dynamodb, resource
 * policies).
 */
export function denyWritersExcept(roles: readonly IRole[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'WrittenByTheGroupAlone',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: [
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PartiQLDelete',
    ],
    resources: ['*'],
    conditions: {
      ArnNotEquals: { 'aws:PrincipalArn': roles.map(({ roleArn }) => roleArn) },
      // What DynamoDB does itself, such as the removal of what has expired.
      BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
    },
  });
}

/**
 * The handler's own code may not do what Lambda does for the mapping in the name of the handler's role. Only credentials of an execution
 * environment carry the ARN of a function; what Lambda does outside of it, such as reading for a mapping, does not (AWS Lambda docs:
 * permissions-source-function-arn).
 */
export function denyFromCode(statements: readonly PolicyStatement[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'NotFromCode',
    effect: Effect.DENY,
    actions: statements.flatMap(({ actions }) => actions).filter((action) => !action.startsWith('kms:')),
    resources: ['*'],
    conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
  });
}

/**
 * The only right of a redrive. For Lambda the name with an alias is another resource, so this is not the right to invoke as the mapping
 * does.
 */
export function allowInvokingHandler(handler: IFunction): PolicyStatement {
  return new PolicyStatement({
    sid: 'InvokeHandler',
    actions: ['lambda:InvokeFunction'],
    resources: [handler.functionArn],
  });
}

/**
 * What Lambda does in the function's name before it invokes it (AWS Lambda docs: with-msk-permissions, msk-cluster-auth).
 * @param clusterArn `arn:<partition>:kafka:<region>:<account>:cluster/<name>/<uuid>`, known at deployment only
 */
export function allowReadingTopic(clusterArn: string, topic: string, groupId: string): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'FindBrokers',
      actions: ['kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'],
      resources: [clusterArn],
    }),
    new PolicyStatement({
      sid: 'Connect',
      actions: ['kafka-cluster:Connect', 'kafka-cluster:DescribeClusterDynamicConfiguration'],
      resources: [clusterArn],
    }),
    new PolicyStatement({
      sid: 'ReadTopic',
      actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
      resources: [formatArnInCluster(clusterArn, 'topic', topic)],
    }),
    new PolicyStatement({
      sid: 'JoinOwnGroup',
      actions: ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'],
      resources: [formatArnInCluster(clusterArn, 'group', groupId)],
    }),
    new PolicyStatement({
      sid: 'PollersInTheNetwork',
      actions: [
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
      ],
      // The page asks for these on every resource: the interfaces don't exist yet, and Describe knows no narrower one.
      resources: ['*'],
    }),
  ];
}

/** Lambda chooses the keys of objects and documents none for Kafka, so any in the bucket (AWS Lambda docs: kafka-on-failure). */
export function allowPuttingObjects(bucketArn: string): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'GiveUpRecords',
      actions: ['s3:PutObject'],
      resources: [`${bucketArn}/*`],
    }),
    new PolicyStatement({ sid: 'FindDestination', actions: ['s3:ListBucket'], resources: [bucketArn] }),
  ];
}

/** To notify a queue or an SNS topic of discarded batches. */
export function allowNotifying(action: 'sqs:SendMessage' | 'sns:Publish', arn: string): PolicyStatement {
  return new PolicyStatement({ sid: 'TellOfGivenUp', actions: [action], resources: [arn] });
}

/** To write discarded batches to another topic of the cluster (AWS Lambda docs: kafka-on-failure-destination). */
export function allowWritingTopic(clusterArn: string, topic: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'GiveUpRecords',
    actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
    resources: [formatArnInCluster(clusterArn, 'topic', topic)],
  });
}

/** The key through one service only, so that the role can't decrypt by itself what it may not read. */
export function allowKey(
  sid: string | undefined,
  keyArn: string,
  service: string,
  actions: string[],
): PolicyStatement {
  const via = `${service}.${Aws.REGION}.amazonaws.com`;
  return new PolicyStatement({
    ...(sid !== undefined && { sid }),
    actions,
    resources: [keyArn],
    conditions: { StringEquals: { 'kms:ViaService': via } },
  });
}

function readLedger(table: Table): PolicyStatement {
  const actions = ['dynamodb:Query', 'dynamodb:GetItem'];
  return new PolicyStatement({ sid: 'ReadLedger', actions, resources: [table.tableArn] });
}

/** @param keys patterns of `pk`. Without `Null` a request that has no key would pass (AWS IAM docs: reference_policies_condition-single-vs-multi-valued-context-keys). */
function writeLedger(table: Table, sid: string, actions: string[], keys: string[]): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions,
    resources: [table.tableArn],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  });
}

/** DynamoDB decrypts a table's key in the caller's name (Amazon DynamoDB docs: encryption.usagenotes). */
function ledgerKeyStatement(key: IKey): PolicyStatement {
  const actions = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'];
  return allowKey('OwnLedgerKey', key.keyArn, 'dynamodb', actions);
}

/** `…:cluster/<name>/<uuid>` becomes `…:<kind>/<name>/<uuid>/<name of it>`. */
export function formatArnInCluster(clusterArn: string, kind: 'topic' | 'group', name: string): string {
  const [account, cluster] = [0, 1].map((part) => Fn.select(part, Fn.split(':cluster/', clusterArn, 2)));
  return `${account}:${kind}/${cluster}/${name}`;
}
