/**
 * The one place that names what stacks publish for each other: SSM parameters instead of CloudFormation exports, because
 * an export in use can't change and would chain every team's deployment to the others'. A group's stack reads them when
 * it is deployed; after a change of `incarnation` each group is therefore deployed once more.
 */

/** What names are made of: `clickledger-<stage>-<owner>`. */
export interface Ownership {
  /** A stage, or in an app of one's own whatever tells its deployments apart. */
  readonly stage: string;
  /** `stream`, or the name of a team. */
  readonly owner: string;
}

/** What the stream stack says of a topic. */
export type TopicFact =
  | 'cluster-arn'
  | 'cluster-name'
  | 'incarnation'
  | 'log'
  | 'partitions'
  | 'retention-hours';

/** What an owner's stack and dashboard are called, and its alarms begin with. */
export function formatOwnName({ stage, owner }: Ownership): string {
  return `clickledger-${stage}-${owner}`;
}

export function formatClusterName(stage: string): string {
  return `clickledger-${stage}`;
}

export function formatTopicPath(stage: string, topic: string, fact: TopicFact): string {
  return `/clickledger/${stage}/${topic}/${fact}`;
}

/** What the stream stack says of its network, for stacks beside it. */
type NetworkFact = 'vpc-id' | 'subnet-ids' | 'route-table-ids' | 'broker-security-group-id';

export function formatNetworkPath(stage: string, fact: NetworkFact): string {
  return `/clickledger/${stage}/network/${fact}`;
}

/** What a group's stack says of its ledger; `bucket-arn` only if the group discards into a bucket of its own. */
export type LedgerFact = 'table' | 'table-arn' | 'redrive-role-arn' | 'key-arn' | 'bucket-arn';

/** `table` is how DynamoDB calls it. */
export function formatLedgerPath(stage: string, ledger: string, fact: LedgerFact): string {
  return `/clickledger/${stage}/ledger/${ledger}/${fact}`;
}

/** Every log group of an owner, `stream` or a team, begins with this; the owner's key serves those alone. */
export function formatLogGroupPrefix(stage: string, owner: string): string {
  return `/clickledger/${stage}/${owner}/`;
}
