/**
 * Every metric that the functions emit: name, unit, meaning, and who emits it. Alarms, dashboards and the documents are
 * built on this table, and a test holds the emitted documents against it, since an alarm on a misspelt name never fires.
 *
 * All stand in the namespace `Clickledger` under two dimensions: `service` is the ledger, and `table` its DynamoDB table,
 * because two stages of one account have ledgers of the same name. There is no dimension for the partition: it would cost
 * every metric once per partition, and the log names the partition that fails.
 *
 * The handler counts what happens. The rollup, which sees every journal once a minute whether clicks come or not, says
 * how things stand: a gap in a quiet partition would otherwise come and go with the traffic of the others.
 */

export const METRICS_NAMESPACE = 'Clickledger';

type Unit = 'Count' | 'Milliseconds' | 'Percent';

export const handlerMetrics = {
  Applied: ['Count', 'clicks counted by the entries of an invocation'],
  Duplicates: ['Count', 'records delivered although they were resolved already'],
  Parked: ['Count', 'records parked by the entries of an invocation'],
  Resolved: ['Count', 'records known to be resolved when their delivery ended: applied, parked or duplicate'],
  Entries: ['Count', 'journal entries put'],
  Conflicts: ['Count', 'puts that met an entry of another writer'],
  RecordAge: [
    'Milliseconds',
    'age, when its invocation ends, of the oldest record of a delivery that was still open; 0 if none was: what IteratorAge is for other sources',
  ],
  PartitionsFailed: ['Count', 'deliveries reported as failed, whatever the reason'],
  PartitionsHalted: ['Count', 'of those, the ones that fail until a person acts; without the log mismatches'],
  LogMismatch: ['Count', 'deliveries whose positions hold other records than the ones counted (I10)'],
} as const satisfies Readonly<Record<string, readonly [Unit, string]>>;

export const rollupMetrics = {
  RolledUp: ['Count', 'entries folded into statement lines by a run'],
  RollupBehind: [
    'Count',
    'journals whose head a run did not reach, or failed on; 0 says that the rollup ran',
  ],
  RollupAge: [
    'Milliseconds',
    'of the journals behind, the greatest age of the newest record that statement lines hold; 0 if none is behind',
  ],
  OpenGap: ['Count', 'offsets passed over and not resolved, over all journals of the ledger'],
  OpenParked: ['Count', 'parked records neither applied nor accepted, over all journals of the ledger'],
  BoundUsed: [
    'Percent',
    'of what may halt a partition (intervals of resolved offsets, carried bytes, entry size), the most that any journal has used',
  ],
} as const satisfies Readonly<Record<string, readonly [Unit, string]>>;

export const metrics = { ...handlerMetrics, ...rollupMetrics };

export type MetricName = keyof typeof metrics;

export interface MetricDimensions {
  /** The ledger. */
  readonly service: string;
  readonly table: string;
}
