/**
 * `npm run plan`: what a load needs and costs, before anything is deployed. From clicks/s, bytes, skew, groups and retention to
 * partitions, pollers, concurrency, write units and a month's bill, every number with its formula (docs/adr names them).
 */
import { runCommand } from '../ops-error.ts';
import { type ClusterPlan, planClusters } from './clusters.ts';
import { type ConsumerPlan, planConsumers } from './consumers.ts';
import { groupCosts, total } from './costs.ts';
import { REGION } from './facts.ts';
import type { Figure } from './figure.ts';
import { type Inputs, readInputs, USAGE } from './inputs.ts';
import { type LedgerLoad, planLedger } from './ledger-load.ts';
import { type PartitionPlan, planPartitions } from './partitions.ts';
import { priceLines, reportLines } from './report.ts';

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

function planJson(inputs: Inputs, plan: Plan): string {
  const { keys, json, ...given } = inputs;
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

if (import.meta.main) {
  await runCommand(async () => {
    const inputs = readInputs(process.argv.slice(2));
    if (inputs === undefined) return console.log(USAGE);
    if (inputs === 'prices') return console.log(priceLines().join('\n').trimStart());
    const plan = planFor(inputs);
    if (inputs.json) console.log(planJson(inputs, plan));
    else console.log(reportLines(inputs, plan).join('\n').trimStart());
  });
}
