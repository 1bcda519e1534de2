/**
 * What AWS allows, as far as the planner uses it: one row for each limit, with where it is said and how well that is known. Prices are in
 * prices.json.
 *
 * documented: the AWS page named says so. documented~: known from an excerpt of that page; look again before you sign anything.
 * from source: a service model or AWS's own code. inferred: our reasoning, given in the row.
 */

interface Fact {
  readonly value: number;
  readonly unit: string;
  readonly mark: 'documented' | 'documented~' | 'from source' | 'inferred';
  readonly source: string;
}

const toolkit = 'aws/agent-toolkit-for-aws';
const limitsPage = 'Amazon MSK docs: limits';
const bestPractices = 'Amazon MSK docs: bestpractices';

function row(value: number, unit: string, mark: Fact['mark'], source: string): Fact {
  return { value, unit, mark, source };
}

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
  diskShare: row(0.85, 'of a disk before MSK asks to act', 'documented~', bestPractices),
} as const satisfies Readonly<Record<string, Fact>>;

interface BrokerLimits {
  readonly inMbps: Fact;
  readonly outMbps?: Fact;
  readonly replicas: Fact;
}

/** By instance type. */
export const brokerLimits: Readonly<Record<string, BrokerLimits>> = {
  'express.m7g.large': {
    inMbps: row(15.6, 'MB/s into one broker, sustained', 'documented~', limitsPage),
    outMbps: row(31.2, 'MB/s out of one broker, sustained', 'documented~', limitsPage),
    replicas: row(1000, 'replicas of partitions on one broker', 'documented~', limitsPage),
  },
  'kafka.m7g.large': {
    inMbps: row(
      4.8,
      'MB/s into one broker',
      'inferred',
      'no quota is published; AWS gives 154 MB/s for a Standard m7g.16xlarge and 500 for an Express one: 15.6 × 154 / 500',
    ),
    replicas: row(1000, 'replicas of partitions on one broker', 'documented~', bestPractices),
  },
};

/** 365 × 24 / 12, as AWS counts a month. */
export const MONTH_HOURS = 730;
export const MONTH_SECONDS = MONTH_HOURS * 3600;
