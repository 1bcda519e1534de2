/**
 * What synthesis checks of a group: one table of rules, each with an id, a check and the page that it is based on. They hold the bounds
 * that AWS states, combinations that would silently lose clicks, and what can't be changed once deployed. A team sees every rule that it
 * breaks at once, and all teams of an app together.
 */
import type { IConstruct } from 'constructs';
import { checkContract } from '../../shared/contract/check-contract.ts';
import type { Contract } from '../../shared/contract/contract.ts';
import { checkCount } from '../../shared/fold/check-count.ts';
import type { GroupSpec } from '../../shared/group.ts';
import { deployed } from './rules/deployed.ts';
import { destination } from './rules/destination.ts';
import { limits } from './rules/limits.ts';
import { pollers } from './rules/pollers.ts';
import { retries } from './rules/retries.ts';
import { formatRefusal, type Rule, type Subject } from './rules/rule.ts';

/** Groups by the name of their folder. */
export type Groups = Readonly<Record<string, GroupSpec>>;

export const groupRules: readonly Rule[] = [...limits, ...pollers, ...retries, ...destination, ...deployed];

/** One sentence for each broken rule. */
export function listRefusals(subject: Subject): string[] {
  const refusals = groupRules.flatMap((rule) => {
    const fault = rule.check(subject);
    return fault === undefined ? [] : [formatRefusal(rule, fault)];
  });
  return [...refusals, ...listCountRefusals(subject)];
}

/** A count is looked at once the contract is sound: its fields are the contract's. */
function listCountRefusals({ group: { contract, count } }: Subject): string[] {
  const faults = checkContract(contract);
  if (faults.length > 0) return faults.map((fault) => `${fault} [contract]`);
  return checkCount(count, contract as Contract).map((fault) => `${fault} [count]`);
}

/** A group among the others of its app, with its place in the tree and its environment. */
export interface Neighbour {
  readonly construct: IConstruct;
  readonly group: Pick<GroupSpec, 'groupId' | 'ledger' | 'pollers'>;
  /** Of the topic. */
  readonly partitions: number;
  /** Account and region; two unknown ones count as the same. */
  readonly environment: string;
}

const oncePerApp = {
  groupId: {
    id: 'group-id-once',
    because:
      'two mappings of one group would share its partitions, and each would see only a part; an id is unique over all mappings from Kafka (AWS Lambda docs: kafka-consumer-group-id)',
  },
  ledger: {
    id: 'ledger-once',
    because: "two groups of one ledger would publish under one name, and read each other's results (I9)",
  },
} as const;

/** What a group has in common with others and may not. */
export function listShared(own: Neighbour, all: readonly Neighbour[]): string[] {
  return [...takenBy(own, all), ...crowded(own, all)];
}

const POLLERS_OF_A_GROUP_MAX = 2_000;

/** Too many in its poller group. */
function crowded(own: Neighbour, all: readonly Neighbour[]): string[] {
  const name = pollerGroupOf(own);
  if (name === undefined) return [];
  const sum = all
    .filter((one) => one.environment === own.environment && pollerGroupOf(one) === name)
    .reduce((pollers, one) => pollers + pollersMaxOf(one), 0);
  if (sum <= POLLERS_OF_A_GROUP_MAX) return [];
  return [
    `the maxima of all mappings with pollers.group '${name}' are ${sum} together; allowed are ${POLLERS_OF_A_GROUP_MAX}: lower pollers.max, or name another group (AWS Lambda docs: API_ProvisionedPollerConfig) [poller-group-full]`,
  ];
}

function pollerGroupOf({ group: { pollers } }: Neighbour): string | undefined {
  return 'mode' in pollers ? undefined : pollers.group;
}

function pollersMaxOf({ group: { pollers }, partitions }: Neighbour): number {
  if ('mode' in pollers) return 0;
  return pollers.max === 'partitions' ? partitions : pollers.max;
}

function takenBy(own: Neighbour, all: readonly Neighbour[]): string[] {
  return (['groupId', 'ledger'] as const).flatMap((property) => {
    const value = own.group[property];
    const others = all.filter(
      ({ construct, group, environment }) =>
        construct !== own.construct && environment === own.environment && group[property] === value,
    );
    if (others.length === 0) return [];
    const paths = others.map(({ construct }) => `'${construct.node.path}'`).join(', ');
    const { id, because } = oncePerApp[property];
    return [
      `${property} is '${value}', which ${paths} has too; allowed is one of its own: ${because} [${id}]`,
    ];
  });
}
