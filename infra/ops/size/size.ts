/** What a load needs and costs, every number with its formula, and as one object for programs. */
import { type Bill, computeClusterBill, computeGroupBill, countBrokersNeeded, sumBill } from './bill.ts';
import { type ConsumerPlan, planConsumers } from './consumers.ts';
import type { Figure } from './figure.ts';
import type { Inputs } from './inputs.ts';
import { type LedgerLoad, planLedger } from './ledger-load.ts';
import { brokerLimits, limits } from './limits.ts';
import { type PartitionPlan, planPartitions } from './partitions.ts';

export interface SizePlan {
  readonly partitions: PartitionPlan;
  readonly consumers: ConsumerPlan;
  readonly ledger: LedgerLoad;
  /** USD a month of one group, and of the cluster that all share. */
  readonly group: Bill;
  readonly cluster: Bill;
  readonly brokersNeeded: Figure | undefined;
}

export function planLoad(inputs: Inputs): SizePlan {
  const partitions = planPartitions(inputs);
  const consumers = planConsumers(inputs, partitions);
  const ledger = planLedger(inputs, partitions, consumers);
  return {
    partitions,
    consumers,
    ledger,
    group: computeGroupBill(inputs, consumers, ledger),
    cluster: computeClusterBill(inputs, partitions),
    brokersNeeded: countBrokersNeeded(inputs, partitions),
  };
}

export function formatPlanJson(inputs: Inputs, plan: SizePlan): string {
  const { keys, ...given } = inputs;
  return JSON.stringify({
    inputs: { ...given, keys: keys.described },
    limits: { ...limits, brokers: brokerLimits },
    ...plan,
    partitions: { ...plan.partitions, keys: plan.partitions.keys.described },
    monthUsd: sumBill(plan.cluster) + inputs.groups * sumBill(plan.group),
  });
}
