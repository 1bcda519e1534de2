/**
 * The three clusters that Amazon MSK sells, side by side: whether they can take the load, why not, and what a month costs. Provisioned
 * ones grow by brokers of the smallest size here, since those are the prices at hand.
 */
import { limits, MONTH_HOURS, MONTH_SECONDS } from './facts.ts';
import { type Figure, figure, plain } from './figure.ts';
import type { Inputs } from './inputs.ts';
import type { PartitionPlan } from './partitions.ts';

type ClusterType = 'express' | 'standard' | 'serverless';

export interface ClusterPlan {
  readonly type: ClusterType;
  /** Why it can't be; empty where it can. */
  readonly infeasible: readonly string[];
  /** 0 on Serverless. */
  readonly brokers: Figure;
  /** USD a month, by part. */
  readonly costs: Readonly<Record<string, Figure>>;
}

export function planClusters(inputs: Inputs, partitions: PartitionPlan): readonly ClusterPlan[] {
  return [express(inputs, partitions), standard(inputs, partitions), serverless(inputs, partitions)];
}

/** Gigabytes of the log as its retention leaves it, one copy, and those written in a month. */
function volumes({ retentionHours }: Inputs, { bytesPerSecond }: PartitionPlan) {
  const mbps = bytesPerSecond.value;
  return {
    mbps,
    keptGb: (mbps * retentionHours * 3600) / 1000,
    kept: `${plain(mbps)} MB/s × ${retentionHours} h`,
    writtenGb: (mbps * MONTH_SECONDS) / 1000,
  };
}

function express(inputs: Inputs, partitions: PartitionPlan): ClusterPlan {
  const { groups, headroom, prices, clickBytes } = inputs;
  const { mbps, keptGb, kept, writtenGb } = volumes(inputs, partitions);
  const {
    expressBrokerInMbps,
    expressBrokerOutMbps,
    expressBrokerPartitions,
    expressPartitionMbps,
    replicas,
  } = limits;
  const out = groups * headroom * mbps;
  const count = partitions.partitions.value;
  const brokers = brokersFor({
    [`in: ${plain(mbps)} / ${expressBrokerInMbps.value} MB/s`]: mbps / expressBrokerInMbps.value,
    [`out: ${groups} groups × ${headroom} × ${plain(mbps)} / ${expressBrokerOutMbps.value} MB/s`]:
      out / expressBrokerOutMbps.value,
    [`replicas: ${count} × ${replicas.value} / ${expressBrokerPartitions.value}`]:
      (count * replicas.value) / expressBrokerPartitions.value,
  });
  const hottest = (partitions.hottestPartition.value * clickBytes) / 1e6;
  return {
    type: 'express',
    infeasible: overLimit(hottest, expressPartitionMbps.value, 'MB/s into the hottest partition'),
    brokers,
    costs: {
      brokers: figure(
        brokers.value * MONTH_HOURS * prices['express-broker-hour'],
        'USD',
        `${brokers.value} × ${MONTH_HOURS} h × ${prices['express-broker-hour']}`,
      ),
      'data in': figure(
        writtenGb * prices['express-data-in-gb'],
        'USD',
        `${plain(writtenGb)} GB × ${prices['express-data-in-gb']}`,
      ),
      storage: figure(
        keptGb * prices['express-storage-gb-month'],
        'USD',
        `${kept} = ${plain(keptGb)} GB × ${prices['express-storage-gb-month']}`,
      ),
    },
  };
}

function standard(inputs: Inputs, partitions: PartitionPlan): ClusterPlan {
  const { prices } = inputs;
  const { mbps, keptGb, kept } = volumes(inputs, partitions);
  const { standardBrokerInMbps, standardBrokerPartitions, standardDiskShare, standardDiskGb, replicas } =
    limits;
  const count = partitions.partitions.value;
  const diskGb = (keptGb * replicas.value) / standardDiskShare.value;
  const brokers = brokersFor({
    [`in: ${plain(mbps)} / ${standardBrokerInMbps.value} MB/s`]: mbps / standardBrokerInMbps.value,
    [`disk: ${plain(diskGb)} / ${plain(standardDiskGb.value)} GB`]: diskGb / standardDiskGb.value,
    [`replicas: ${count} × ${replicas.value} / ${standardBrokerPartitions.value}`]:
      (count * replicas.value) / standardBrokerPartitions.value,
  });
  return {
    type: 'standard',
    infeasible: [],
    brokers,
    costs: {
      brokers: figure(
        brokers.value * MONTH_HOURS * prices['standard-broker-hour'],
        'USD',
        `${brokers.value} × ${MONTH_HOURS} h × ${prices['standard-broker-hour']}`,
      ),
      storage: figure(
        diskGb * prices['standard-storage-gb-month'],
        'USD',
        `${kept} × ${replicas.value} replicas / ${standardDiskShare.value} = ${plain(diskGb)} GB × ${prices['standard-storage-gb-month']}`,
      ),
    },
  };
}

function serverless(inputs: Inputs, partitions: PartitionPlan): ClusterPlan {
  const { groups, prices, clickBytes } = inputs;
  const { mbps, keptGb, kept, writtenGb } = volumes(inputs, partitions);
  const count = partitions.partitions.value;
  const hottest = (partitions.hottestPartition.value * clickBytes) / 1e6;
  return {
    type: 'serverless',
    infeasible: [
      'AWS::MSK::Topic is not for Serverless, so this template cannot make its topic (Amazon MSK docs: msk-topic-operations-information)',
      ...overLimit(mbps, limits.serverlessInMbps.value, 'MB/s into the cluster'),
      ...overLimit(groups * mbps, limits.serverlessOutMbps.value, 'MB/s out of the cluster'),
      ...overLimit(hottest, limits.serverlessPartitionInMbps.value, 'MB/s into the hottest partition'),
      ...overLimit(
        groups * hottest,
        limits.serverlessPartitionOutMbps.value,
        'MB/s out of the hottest partition',
      ),
      ...overLimit(count, limits.serverlessPartitions.value, 'partitions'),
      ...overLimit(groups, limits.serverlessGroups.value, 'groups'),
    ],
    brokers: figure(0, 'brokers', 'none to choose'),
    costs: {
      cluster: figure(
        MONTH_HOURS * prices['serverless-cluster-hour'],
        'USD',
        `${MONTH_HOURS} h × ${prices['serverless-cluster-hour']}`,
      ),
      partitions: figure(
        count * MONTH_HOURS * prices['serverless-partition-hour'],
        'USD',
        `${count} × ${MONTH_HOURS} h × ${prices['serverless-partition-hour']}`,
      ),
      'data in': figure(
        writtenGb * prices['serverless-data-in-gb'],
        'USD',
        `${plain(writtenGb)} GB × ${prices['serverless-data-in-gb']}`,
      ),
      'data out': figure(
        groups * writtenGb * prices['serverless-data-out-gb'],
        'USD',
        `${groups} groups × ${plain(writtenGb)} GB × ${prices['serverless-data-out-gb']}`,
      ),
      storage: figure(
        keptGb * prices['serverless-storage-gb-month'],
        'USD',
        `${kept} = ${plain(keptGb)} GB × ${prices['serverless-storage-gb-month']}`,
      ),
    },
  };
}

/** The most demanding of what brokers are needed for, in multiples of the zones. */
function brokersFor(needs: Readonly<Record<string, number>>): Figure {
  const [[because, needed] = ['', 0]] = Object.entries(needs).sort(([, a], [, b]) => b - a);
  const zones = limits.zones.value;
  return figure(
    zones * Math.max(1, Math.ceil(needed / zones)),
    'brokers',
    `${because} = ${plain(needed)}, up to a multiple of ${zones} zones`,
  );
}

function overLimit(given: number, limit: number, what: string): string[] {
  return given > limit ? [`${plain(given)} ${what}, allowed are ${plain(limit)}`] : [];
}
