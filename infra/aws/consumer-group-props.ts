/** What an app says of a group besides the team's own data: the cluster, the topic, the code, and what it wants otherwise. */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { RemovalPolicy } from 'aws-cdk-lib/core';
import type { GroupSpec } from '../../shared/group.ts';
import type { Ownership } from '../../shared/published.ts';
import type { AlarmActions } from './alarms/alarm-set.ts';
import type { DeployedMapping } from './deployed.ts';
import type { TopicOfGroup } from './rules/rule.ts';

export interface ConsumerGroupProps {
  readonly group: GroupSpec;
  /**
   * An MSK cluster, whoever made it, by what it is called. `brokers`, 3 unless said, is how many it has: an alarm looks at the bytes that
   * come in at each, under the ids from 1.
   */
  readonly cluster: { readonly arn: string; readonly name: string; readonly brokers?: number };
  /** What there is to know of `group.topic`. */
  readonly topic: TopicOfGroup;
  /** The files that export `handler`, and the lockfile of the packages that they are bundled from. */
  readonly code: { readonly handler: string; readonly rollup: string; readonly lockFile?: string };
  /** What everything with a name of its own is named after; the stack and the ledger unless said. */
  readonly ownership?: Ownership;
  readonly logRetention?: RetentionDays;
  /** Whom the group's alarms call, by severity; unless given, topics of its own. */
  readonly alarmActions?: AlarmActions;
  /** Encrypts table, bucket, secrets and logs; a key of the group's own if not given. */
  readonly key?: IKey;
  /** Of what holds data. RETAIN unless said; DESTROY also lifts the table's deletion protection. */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * Records who writes to the table and who invokes the handler, by CloudTrail's data events in a bucket of their own. Off unless said, since
   * a batch is two events (docs/deploying.md says what it costs).
   */
  readonly auditTrail?: boolean;
  /** What the app's own record says of the mapping that stands; without it nothing stands yet. */
  readonly deployed?: DeployedMapping | undefined;
  /** A deployment on the way to another mapping: see rules/deployed.ts. */
  readonly withoutMapping?: boolean;
}
