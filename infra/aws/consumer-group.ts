/**
 * A group on AWS: from a team's plain data to its ledger, its functions, the mapping from the topic and the schedule of
 * the rollup. Everything that a group owns is created here and nowhere else, under the group's own key (I9).
 *
 *   topic ─► mapping ─► handler ─► table ◄─► rollup ◄─ every minute
 *               └─► destination, for a team that discards what fails
 *
 * It knows the cluster by ARN and name only, and no stage and no file of this repository, so any CDK app can use it. What
 * holds counted money, or is needed to read it, outlives the stack: table, bucket, secrets, key. Synthesis refuses invalid data of a
 * group and reports every fault at once (group-rules.ts).
 */
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnEventSourceMapping, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { findLinePrefix, formatCounted } from '../../shared/fold/count.ts';
import type { GroupSpec } from '../../shared/group.ts';
import { formatLogGroupPrefix, type Ownership } from '../../shared/published.ts';
import type { AlarmActions } from './alarms/alarm-set.ts';
import { watchGroup } from './alarms/watch-group.ts';
import { createAuditTrail } from './audit-trail.ts';
import { createDataKey, keepOnceCreated, type OwnLogs } from './data-key.ts';
import type { DeployedMapping } from './deployed.ts';
import { createFailureDestination, isOwnFifo } from './failure-destination.ts';
import { GroupFunction, scheduleRollup } from './group-function.ts';
import {
  allowAppending,
  allowInvokingHandler,
  allowProjecting,
  allowReadingTopic,
  denyFromCode,
  denyWritersExcept,
} from './group-rights.ts';
import { listRefusals, listShared, type Neighbour } from './group-rules.ts';
import { readGroup } from './group-shape.ts';
import { createLedgerTable, createSecrets } from './group-storage.ts';
import { createKafkaMapping, createMappingAlias, hasPartialResponses } from './kafka-mapping.ts';
import type { TopicOfGroup } from './rules/rule.ts';

/** A logical id, which can't change. */
const DISCARDED = 'GivenUp';
const ROLLUP_MEMORY_MB = 1024;
/** Longer than the minute between two runs: a rollup that has fallen behind catches up, and runs at the same time do no harm. */
const ROLLUP_TIMEOUT = Duration.minutes(5);

/** One in each zone: the minimum of Express, and the usual number elsewhere. */
const BROKERS = 3;

/** What an app adds to the team's own data. */
export interface ConsumerGroupProps {
  readonly group: GroupSpec;
  /**
   * An Amazon MSK cluster, made by this app or another, by ARN and name. `brokers` says how many it has (3 by default): an alarm reads the
   * bytes that each takes in.
   * @example { arn: cluster.attrArn, name: 'clicks', brokers: 6 }
   */
  readonly cluster: { readonly arn: string; readonly name: string; readonly brokers?: number };
  /**
   * What is known of `group.topic`.
   * @example { partitions: 12, incarnation: 1, retentionHours: 168 }
   */
  readonly topic: TopicOfGroup;
  /**
   * The files that export `handler`, and the lockfile of the packages that they are bundled from.
   * @example { handler: 'functions/shop/handler.ts', rollup: 'functions/shop/rollup.ts' }
   */
  readonly code: { readonly handler: string; readonly rollup: string; readonly lockFile?: string };
  /** Names of alarms, logs and parameters begin with it. By default the stack's name and the ledger's. */
  readonly ownership?: Ownership;
  readonly logRetention?: RetentionDays;
  /** What the group's alarms call, by severity. By default SNS topics of its own. */
  readonly alarmActions?: AlarmActions;
  /** Encrypts table, bucket, secrets and logs. By default a key of the group's own. */
  readonly key?: IKey;
  /** Of what holds data. RETAIN by default; DESTROY also removes the table's deletion protection. */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * Records who writes to the table and who invokes the handler, by CloudTrail's data events in a bucket of their own. Off by default, since
   * a batch is two events (docs/deploying.md says what it costs).
   */
  readonly auditTrail?: boolean;
  /** What the app's own record says of the deployed mapping. Leave it out where none is deployed. */
  readonly deployed?: DeployedMapping | undefined;
  /** A deployment on the way to another mapping: see rules/deployed.ts. */
  readonly withoutMapping?: boolean;
}

export class ConsumerGroup extends Construct {
  readonly table: Table;
  readonly handler: LambdaFunction;
  readonly rollup: LambdaFunction;
  /** May invoke the handler, which bills, and nothing else. The account's own policies say who may assume it. */
  readonly redriveRole: Role;
  /** Undefined in a deployment without it. */
  readonly mapping: CfnEventSourceMapping | undefined;
  /** The group's own, for discarded records. Undefined if it discards none, or sends them elsewhere. */
  readonly bucket: IBucket | undefined;
  readonly key: IKey;
  private readonly props: ConsumerGroupProps;
  private readonly ownership: Ownership;
  private readonly logs: OwnLogs;
  private readonly removalPolicy: RemovalPolicy;

  constructor(scope: Construct, id: string, props: ConsumerGroupProps) {
    super(scope, id);
    this.props = props;
    const refusals = this.refusals();
    this.node.addValidation({ validate: () => [...refusals, ...this.sharedInApp()] });
    const { group } = props;
    this.removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.ownership = props.ownership ?? { stage: Stack.of(this).stackName, owner: group.ledger };
    this.logs = {
      prefix: formatLogGroupPrefix(this.ownership.stage, this.ownership.owner),
      retention: props.logRetention ?? RetentionDays.THREE_MONTHS,
      removalPolicy: this.removalPolicy,
    };
    const description = `clickledger: data of the ledger ${group.ledger}`;
    this.key = props.key ?? createDataKey(this, 'Key', description, this.logs, this.removalPolicy);
    this.table = createLedgerTable(this, 'Table', this.key, this.removalPolicy);
    try {
      const handler = this.addHandler();
      this.handler = handler.function;
      this.mapping = this.addMapping(handler);
      this.bucket = this.node.tryFindChild(DISCARDED) as IBucket | undefined;
      const rollup = this.addRollup();
      this.rollup = rollup.function;
      this.redriveRole = this.addRedriveRole();
      this.table.addToResourcePolicy(denyWritersExcept([handler.role, rollup.role]));
      this.addWatch();
      if (props.auditTrail === true) this.addAuditTrail();
    } catch (error) {
      // The broken rule says more than CDK's error about the part that it can't create.
      throw refusals.length === 0 ? error : refused(this, refusals, error);
    }
  }

  /** Synthesis reports them together with those of the app's other groups; only data that can't be read throws here. */
  private refusals(): string[] {
    const { cluster, topic, deployed } = this.props;
    const read = readGroup(this.props.group);
    if ('faults' in read) throw refused(this, read.faults);
    const { group } = read;
    const { destination } = group.retry;
    const reference: unknown = Stack.of(this).resolve(cluster.arn);
    const fifoDestination = typeof destination === 'object' && isOwnFifo(destination);
    return listRefusals({ group, cluster: { ...cluster, reference }, topic, fifoDestination, deployed });
  }

  private sharedInApp(): string[] {
    const all = this.node.root.node.findAll().filter((one) => one instanceof ConsumerGroup);
    return listShared(
      this.asNeighbour(),
      all.map((one) => one.asNeighbour()),
    );
  }

  private asNeighbour(): Neighbour {
    const { account, region } = Stack.of(this);
    const { group, topic } = this.props;
    return { construct: this, group, partitions: topic.partitions, environment: `${account}/${region}` };
  }

  private addHandler(): GroupFunction {
    const { group, code } = this.props;
    const handler = new GroupFunction(this, 'Handler', {
      ...this.functionProps('handler'),
      entry: code.handler,
      description: `Counts ${group.topic} in the ledger ${group.ledger}`,
      memoryMb: group.sandbox.memoryMb,
      timeout: Duration.seconds(group.sandbox.timeoutSeconds),
      secrets: createSecrets(this, 'Secrets', group.secrets, this.key, keepOnceCreated(this.removalPolicy)),
    });
    handler.allow(...allowAppending(this.table, this.key, group.topic));
    return handler;
  }

  private addMapping(handler: GroupFunction): CfnEventSourceMapping | undefined {
    const { group, cluster, topic, withoutMapping } = this.props;
    const removalPolicy = keepOnceCreated(this.removalPolicy);
    const surroundings = { clusterArn: cluster.arn, key: this.key, removalPolicy };
    const asked = group.retry.until === 'spent' ? group.retry.destination : undefined;
    const destination =
      asked === undefined ? undefined : createFailureDestination(this, DISCARDED, asked, surroundings);
    const ofMapping = [
      ...allowReadingTopic(cluster.arn, group.topic, group.groupId),
      ...(destination?.rights ?? []),
    ];
    handler.allow(...ofMapping, denyFromCode(ofMapping));
    handler.acknowledgeWildcards(destination?.wildcards ?? []);
    const alias = createMappingAlias(handler.function);
    if (withoutMapping === true) return undefined;
    const mapping = createKafkaMapping(this, 'Mapping', {
      group,
      clusterArn: cluster.arn,
      partitions: topic.partitions,
      handler: alias,
      destination: destination?.destination,
    });
    // Lambda checks the rights when it creates the mapping, and fails without them.
    mapping.node.addDependency(handler.role);
    return mapping;
  }

  private addRollup(): GroupFunction {
    const { group, code } = this.props;
    const rollup = new GroupFunction(this, 'Rollup', {
      ...this.functionProps('rollup'),
      entry: code.rollup,
      description: `Folds the journals of the ledger ${group.ledger} into statement lines`,
      memoryMb: ROLLUP_MEMORY_MB,
      timeout: ROLLUP_TIMEOUT,
      secrets: {},
    });
    const { by, measures } = group.count;
    const lines = findLinePrefix(formatCounted({ by, measures: Object.keys(measures) }));
    rollup.allow(...allowProjecting(this.table, this.key, lines));
    scheduleRollup(this, rollup.function);
    return rollup;
  }

  private addRedriveRole(): Role {
    const role = new Role(this, 'RedriveRole', {
      description: `Invokes the function that counts in the ledger ${this.props.group.ledger}, and nothing else`,
      // The account's own policies say who: sts:AssumeRole on this role (AWS IAM docs: reference_policies_elements_principal).
      assumedBy: new AccountRootPrincipal(),
    });
    role.addToPolicy(allowInvokingHandler(this.handler));
    return role;
  }

  private addAuditTrail(): void {
    createAuditTrail(this, 'AuditTrail', {
      ownership: this.ownership,
      table: this.table,
      handler: this.handler,
    });
  }

  private addWatch(): void {
    const { group, cluster, topic, alarmActions } = this.props;
    const { ownership, key, table, handler, rollup, mapping } = this;
    watchGroup(this, {
      ...{ ownership, group, key, table, handler, rollup, mapping },
      clusterName: cluster.name,
      brokers: cluster.brokers ?? BROKERS,
      retentionHours: topic.retentionHours,
      actions: alarmActions,
    });
  }

  private functionProps<const N extends 'handler' | 'rollup'>(name: N) {
    const { group, topic, code } = this.props;
    const environment = {
      LEDGER_TABLE: this.table.tableName,
      TOPIC_INCARNATION: String(topic.incarnation),
      // Of a token only the deployment knows the value; the function refuses any other.
      TOPIC_LOG: (topic.log ?? 'unsaid') as 'unsaid' | 'new' | 'copy',
      TOPIC_RETENTION_HOURS: String(topic.retentionHours),
      ...timesOf(topic),
      PARTIAL_RESPONSES: hasPartialResponses(group) ? 'true' : 'false',
    } as const;
    return { name, lockFile: code.lockFile, logs: this.logs, key: this.key, environment };
  }
}

const AHEAD_SECONDS = 3_600;

function timesOf({ timestamps = 'broker', aheadMaxSeconds = AHEAD_SECONDS }: TopicOfGroup) {
  if (timestamps === 'broker') return { TOPIC_TIMESTAMPS: timestamps };
  return {
    TOPIC_TIMESTAMPS: timestamps,
    TOPIC_AHEAD_SECONDS: String(aheadMaxSeconds),
  };
}

function refused(construct: Construct, refusals: readonly string[], cause?: unknown): Error {
  return new Error(refusals.map((refusal) => `[${construct.node.path}] ${refusal}`).join('\n'), { cause });
}
