/** What a load needs and costs, every number with its formula, and as one object for programs. */
import { type ClusterPlan, planClusters } from './clusters.ts';
import { type ConsumerPlan, planConsumers } from './consumers.ts';
import { groupCosts, total } from './costs.ts';
import { REGION } from './facts.ts';
import type { Figure } from './figure.ts';
import type { Inputs } from './inputs.ts';
import { type LedgerLoad, planLedger } from './ledger-load.ts';
import { type PartitionPlan, planPartitions } from './partitions.ts';

export interface Plan {
  readonly partitions: PartitionPlan;
  readonly consumers: ConsumerPlan;
  readonly ledger: LedgerLoad;
  /** USD a month of one group. */
  readonly group: Readonly<Record<string, Figure>>;
  readonly clusters: readonly ClusterPlan[];
}

export function planFor(inputs: Inputs): Plan {
  const partitions = planPartitions(inputs);
  const consumers = planConsumers(inputs, partitions);
  const ledger = planLedger(inputs, partitions, consumers);
  return {
    partitions,
    consumers,
    ledger,
    group: groupCosts(inputs, consumers, ledger),
    clusters: planClusters(inputs, partitions),
  };
}

export function planJson(inputs: Inputs, plan: Plan): string {
  const { keys, ...given } = inputs;
  const partitions = { ...plan.partitions, keys: plan.partitions.keys.described };
  const groups = inputs.groups * total(plan.group);
  const clusters = plan.clusters.map((cluster) => ({
    ...cluster,
    clusterUsd: total(cluster.costs),
    monthUsd: total(cluster.costs) + groups,
  }));
  return JSON.stringify({
    region: REGION,
    inputs: { ...given, keys: keys.described },
    ...plan,
    partitions,
    clusters,
  });
}
