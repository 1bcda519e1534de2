/**
 * What AWS charges and what it allows, as far as the planner uses it: one row for each, with where it is said and how well that is
 * known. Nothing else in the planner is a price or a limit. Prices are of us-east-1, in USD, without free tiers, discounts or taxes.
 *
 * documented: the AWS page named says so. documented~: known from an excerpt of that page; look again before you sign anything.
 * from source: a price list, service model or AWS's own code. inferred: our reasoning, given in the row.
 */

interface Fact {
  readonly value: number;
  readonly unit: string;
  readonly mark: 'documented' | 'documented~' | 'from source' | 'inferred';
  readonly source: string;
}

const toolkit = 'aws/agent-toolkit-for-aws';
const priceList = 'AWS price list of 2025-10-28';
const limitsPage = 'Amazon MSK docs: limits';

function row(value: number, unit: string, mark: Fact['mark'], source: string): Fact {
  return { value, unit, mark, source };
}

export const prices = {
  'express-broker-hour': row(0.408, 'express.m7g.large, an hour', 'from source', toolkit),
  'express-data-in-gb': row(0.01, 'GB written', 'from source', toolkit),
  'express-storage-gb-month': row(
    0.1,
    'GB-month of one copy',
    'inferred',
    'the price of EBS; no source at hand says what Express storage costs, nor whether replicas are billed',
  ),
  'standard-broker-hour': row(0.204, 'kafka.m7g.large, an hour', 'from source', toolkit),
  'standard-storage-gb-month': row(0.1, 'GB-month of EBS, replicas included', 'from source', toolkit),
  'serverless-cluster-hour': row(0.75, 'cluster, an hour', 'documented~', 'Amazon MSK pricing page'),
  'serverless-partition-hour': row(0.0015, 'partition, an hour', 'documented~', 'Amazon MSK pricing page'),
  'serverless-data-in-gb': row(0.1, 'GB written', 'documented~', 'Amazon MSK pricing page'),
  'serverless-data-out-gb': row(0.05, 'GB read', 'documented~', 'Amazon MSK pricing page'),
  'serverless-storage-gb-month': row(0.1, 'GB-month', 'documented~', 'Amazon MSK pricing page'),
  'epu-hour': row(0.185, 'event poller unit, an hour', 'documented', `AWS Lambda pricing page; ${priceList}`),
  'lambda-request': row(0.2e-6, 'request', 'from source', priceList),
  'lambda-gb-second': row(0.0000133334, 'GB-second on arm64, first tier', 'from source', priceList),
  'dynamodb-write-unit': row(0.625e-6, 'write unit, on demand', 'from source', toolkit),
  'dynamodb-read-unit': row(0.125e-6, 'read unit, on demand', 'from source', toolkit),
  'dynamodb-storage-gb-month': row(0.25, 'GB-month', 'from source', toolkit),
  'dynamodb-recovery-gb-month': row(
    0.2,
    'GB-month under point-in-time recovery',
    'documented~',
    'Amazon DynamoDB pricing page',
  ),
  'alarm-month': row(
    0.1,
    'metric that an alarm looks at, a month',
    'documented~',
    'Amazon CloudWatch pricing page',
  ),
  'dashboard-month': row(3, 'dashboard, a month', 'documented~', 'Amazon CloudWatch pricing page'),
  'metric-month': row(0.3, 'custom metric, a month', 'documented~', 'Amazon CloudWatch pricing page'),
  'logs-in-gb': row(0.5, 'GB of logs taken in', 'documented~', 'Amazon CloudWatch pricing page'),
  'key-month': row(1, 'customer-managed key, a month', 'documented~', 'AWS KMS pricing page'),
} as const satisfies Readonly<Record<string, Fact>>;

const scaling = 'AWS Lambda docs: kafka-scaling-modes';
const batching = 'AWS Lambda docs: invocation-eventsourcemapping';

/** MB and GB are taken as 10^6 and 10^9 bytes everywhere: the smaller limit, the larger bill. */
export const limits = {
  pollerMbps: row(5, 'MB/s of one event poller', 'documented', scaling),
  pollerInvocations: row(5, 'invocations at once of one event poller', 'documented', scaling),
  pollersMax: row(2000, 'pollers of one mapping', 'documented', scaling),
  epuMbps: row(20, 'MB/s of one event poller unit', 'documented', scaling),
  epuPollers: row(10, 'pollers of one event poller unit', 'documented', scaling),
  payloadMb: row(6, 'MB of one event, base64 and envelope included', 'documented', batching),
  batchRecords: row(10_000, 'records of one event', 'documented', 'AWS Lambda docs: msk-esm-parameters'),
  vcpuMb: row(1769, 'MB of memory for one vCPU', 'documented', 'AWS Lambda docs: configuration-memory'),
  writeUnitBytes: row(1024, 'bytes of a write unit', 'from source', toolkit),
  readUnitBytes: row(4096, 'bytes of a strongly consistent read unit', 'from source', toolkit),
  hotKeyWrites: row(
    1000,
    'write units/s of one physical partition, so of one journal',
    'documented',
    'Amazon DynamoDB docs: bp-partition-key-design',
  ),
  tableWrites: row(
    4000,
    'write units/s of a new on-demand table; it grows with its load',
    'documented~',
    'Amazon DynamoDB docs: on-demand-capacity-mode',
  ),
  zones: row(
    3,
    'zones; brokers come in multiples of them',
    'documented',
    'Amazon MSK docs: msk-create-cluster',
  ),
  replicas: row(3, 'replicas of a partition', 'documented~', limitsPage),
  expressBrokerInMbps: row(15.6, 'MB/s into one express.m7g.large, sustained', 'documented~', limitsPage),
  expressBrokerOutMbps: row(31.2, 'MB/s out of one express.m7g.large, sustained', 'documented~', limitsPage),
  expressPartitionMbps: row(15, 'MB/s into one partition', 'documented~', limitsPage),
  expressBrokerPartitions: row(1000, 'replicas of partitions on one broker', 'documented~', limitsPage),
  standardBrokerInMbps: row(
    4.8,
    'MB/s into one kafka.m7g.large',
    'inferred',
    'no quota is published; AWS gives 154 MB/s for a Standard m7g.16xlarge beside 500 for an Express one: 15.6 × 154 / 500',
  ),
  standardBrokerPartitions: row(
    1000,
    'replicas of partitions on one broker',
    'documented~',
    'Amazon MSK docs: bestpractices',
  ),
  standardDiskShare: row(
    0.85,
    'of a disk before MSK asks to act',
    'documented~',
    'Amazon MSK docs: bestpractices',
  ),
  standardDiskGb: row(16_384, 'GB of one broker', 'documented~', limitsPage),
  serverlessInMbps: row(200, 'MB/s into a cluster', 'documented~', limitsPage),
  serverlessOutMbps: row(400, 'MB/s out of a cluster', 'documented~', limitsPage),
  serverlessPartitionInMbps: row(5, 'MB/s into one partition', 'documented~', limitsPage),
  serverlessPartitionOutMbps: row(10, 'MB/s out of one partition', 'documented~', limitsPage),
  serverlessPartitions: row(2400, 'leader partitions of a cluster', 'documented~', limitsPage),
  serverlessGroups: row(500, 'consumer groups of a cluster', 'documented~', limitsPage),
} as const satisfies Readonly<Record<string, Fact>>;

export type PriceName = keyof typeof prices;
/** In USD. */
export type PriceList = Readonly<Record<PriceName, number>>;

export const REGION = 'us-east-1';
/** 365 × 24 / 12, as AWS counts a month. */
export const MONTH_HOURS = 730;
export const MONTH_SECONDS = MONTH_HOURS * 3600;
