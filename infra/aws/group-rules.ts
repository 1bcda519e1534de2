/**
 * What a group's data has to keep to before anything is made of it: the bounds that AWS states, and the combinations that
 * would lose clicks without a word. A team sees every fault of its spec at once, at synthesis.
 */
import type { GroupSpec } from '../../shared/group.ts';

/** Groups by the name of their folder. */
export type Groups = Readonly<Record<string, GroupSpec>>;

/** The mapping would take `:` and more besides, but MSK's lag metrics stay silent then (AWS MSK docs: consumer-lag). */
const groupIdPattern = /^[a-zA-Z0-9._-]{1,200}$/;
/** Part of names of resources and of paths of parameters. */
const ledgerPattern = /^[a-z][a-z0-9-]{1,30}$/;

export function assertGroups(groups: Groups): void {
  const faults = Object.entries(groups).flatMap(([team, group]) =>
    faultsOf(group).map((fault) => said(team, fault)),
  );
  faults.push(...shared(groups, 'groupId'), ...shared(groups, 'ledger'));
  if (faults.length > 0) throw new Error(faults.join('; '));
}

function faultsOf(group: GroupSpec): string[] {
  const { batch, pollers, retry, sandbox } = group;
  return [
    matches('groupId', group.groupId, groupIdPattern),
    matches('ledger', group.ledger, ledgerPattern),
    // AWS Lambda docs: msk-esm-parameters, for these two.
    within('batch.records', batch.records, 1, 10_000),
    within('batch.windowSeconds', batch.windowSeconds, 0, 300),
    // A mapping from Kafka cuts off at 14 minutes what a function may do in 15 (AWS Lambda docs: with-kafka-configure).
    within('sandbox.timeoutSeconds', sandbox.timeoutSeconds, 1, 840),
    // AWS Lambda docs: kafka-scaling-modes, for these two.
    within('pollers.min', pollers.min, 1, 200),
    pollers.max === 'partitions' ? undefined : within('pollers.max', pollers.max, pollers.min, 2_000),
    ...(retry.until === 'spent'
      ? [
          // AWS Lambda docs: kafka-retry-configurations, for these two.
          within('retry.attempts', retry.attempts, 0, 10_000),
          within('retry.ageSeconds', retry.ageSeconds, 60, 604_800),
          ...sparseFaults(group),
        ]
      : []),
  ].filter((fault) => fault !== undefined);
}

/** A record that a bisected batch gives up alone leaves the same hole as an offset without a record, and would be void. */
function sparseFaults({ offsets }: GroupSpec): string[] {
  return offsets === 'sparse'
    ? ["offsets is 'sparse' with retry until 'spent', allowed is until 'done'"]
    : [];
}

function within(name: string, given: number, min: number, max: number): string | undefined {
  if (Number.isInteger(given) && given >= min && given <= max) return undefined;
  return `${name} is ${given}, allowed are ${min} to ${max}`;
}

function matches(name: string, given: string, pattern: RegExp): string | undefined {
  return pattern.test(given) ? undefined : `${name} is '${given}', allowed is ${pattern.source}`;
}

/** Two mappings in one consumer group would share its partitions; two groups in one ledger would meet each other's fence. */
function shared(groups: Groups, property: 'groupId' | 'ledger'): string[] {
  const teams = new Map<string, string>();
  return Object.entries(groups).flatMap(([team, { [property]: value }]) => {
    const other = teams.get(value);
    teams.set(value, team);
    return other === undefined ? [] : [said(team, `${property} is '${value}', which group '${other}' has`)];
  });
}

function said(team: string, fault: string): string {
  return `group '${team}': ${fault}`;
}
