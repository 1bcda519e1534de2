/**
 * A group on AWS: from a team's plain data to its ledger, its functions, the mapping from the topic and the schedule of
 * the rollup. All that a group owns is made in here and by nobody else, under the group's own key (I9).
 *
 *   topic ─► mapping ─► handler ─► table ◄─► rollup ◄─ every minute
 *               └─► bucket, for a team that lets go of what fails
 *
 * What holds counted money or is needed to read it stays when the stack goes: table, bucket, secrets, key.
 */
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { GroupSpec } from '../../shared/group.ts';
import type { AlarmActions } from './alarms/alarm-set.ts';
import { watchGroup } from './alarms/watch-group.ts';
import { dataKey, type Ownership } from './data-key.ts';
import { GroupFunction } from './group-function.ts';
import { appendToLedger, giveUpTo, projectLedger, readTopic } from './group-rights.ts';
import { destinationBucket, ledgerTable } from './group-storage.ts';
import { kafkaMapping } from './kafka-mapping.ts';
import { everyMinute } from './rollup-schedule.ts';

export interface ConsumerGroupProps {
  readonly group: GroupSpec;
  readonly ownership: Ownership;
  readonly stream: {
    /** What the stream stack published of the group's topic; known at deployment only. */
    readonly clusterArn: string;
    readonly incarnation: string;
    /** Partitions of the topic in this stage. */
    readonly partitions: number;
    readonly retentionHours: number;
  };
  /** Whom the group's alarms call, by severity; unless given, topics of its own. */
  readonly alarmActions?: AlarmActions;
}

/** Of 62 letters and digits each: 381 bits. */
const SECRET_LENGTH = 64;
const ROLLUP_MEMORY_MB = 1024;
/** Longer than the minute between two: a rollup that has fallen behind catches up, and runs side by side do no harm. */
const ROLLUP_TIMEOUT = Duration.minutes(5);

export class ConsumerGroup extends Construct {
  readonly table: Table;
  private readonly key: Key;

  constructor(scope: Construct, id: string, props: ConsumerGroupProps) {
    super(scope, id);
    const { group } = props;
    this.key = dataKey(this, 'Key', props.ownership);
    this.table = ledgerTable(this, 'Table', this.key);
    const destination =
      group.retry.until === 'spent' ? destinationBucket(this, 'GivenUp', this.key) : undefined;
    const { handler, mapping } = this.addHandler(props, destination);
    const rollup = this.addRollup(props);
    const { key, table } = this;
    watchGroup(this, { ...props, key, table, handler, mapping, rollup, actions: props.alarmActions });
  }

  private addHandler({ group, ownership, stream }: ConsumerGroupProps, destination: Bucket | undefined) {
    const handler = new GroupFunction(this, 'Handler', {
      ownership,
      entry: 'handler',
      description: `Counts ${group.topic} in the ledger ${group.ledger}`,
      memoryMb: group.sandbox.memoryMb,
      timeout: Duration.seconds(group.sandbox.timeoutSeconds),
      key: this.key,
      environment: this.environmentWith(stream.incarnation),
      secrets: this.secretsOf(group),
    });
    handler.allow(...appendToLedger(this.table, this.key));
    handler.allow(...readTopic(stream.clusterArn, group.topic, group.groupId));
    if (destination !== undefined) handler.allow(...giveUpTo(destination, this.key));
    const { clusterArn, partitions } = stream;
    const mapping = kafkaMapping(this, 'Mapping', {
      group,
      clusterArn,
      partitions,
      handler: handler.function,
      destination,
    });
    // Lambda tries the rights out when the mapping is made, and makes none without them.
    mapping.node.addDependency(handler.role);
    return { handler: handler.function, mapping };
  }

  private addRollup({ group, ownership, stream }: ConsumerGroupProps) {
    const rollup = new GroupFunction(this, 'Rollup', {
      ownership,
      entry: 'rollup',
      description: `Folds the journals of the ledger ${group.ledger} into statement lines`,
      memoryMb: ROLLUP_MEMORY_MB,
      timeout: ROLLUP_TIMEOUT,
      key: this.key,
      environment: this.environmentWith(stream.incarnation),
      secrets: {},
    });
    rollup.allow(...projectLedger(this.table, this.key));
    everyMinute(this, rollup.function);
    return rollup.function;
  }

  private environmentWith(incarnation: string) {
    return {
      LEDGER_TABLE: this.table.tableName,
      TOPIC_INCARNATION: incarnation,
      PARTIAL_RESPONSES: 'true',
    } as const;
  }

  /**
   * One generated secret for each name, as a reference that CloudFormation resolves. They stay, because folding the same log
   * again gives the same entries only under the same secret.
   */
  private secretsOf({ secrets }: GroupSpec): Record<string, string> {
    const scope = new Construct(this, 'Secrets');
    const references = secrets.map((name) => {
      const secret = new Secret(scope, name, {
        description: `The variable ${name}`,
        encryptionKey: this.key,
        generateSecretString: { passwordLength: SECRET_LENGTH, excludePunctuation: true },
        removalPolicy: RemovalPolicy.RETAIN,
      });
      return [name, secret.secretValue.unsafeUnwrap()];
    });
    return Object.fromEntries(references);
  }
}
