/** What this ground follows of a mapping, and where it differs from the platform whatever the templates say. */
import type { MappingOption } from './plan/mapping-notes.ts';

/** Options of a mapping that the pollers follow; the others are listed by name at start. */
export const honouredOptions: ReadonlySet<MappingOption> = new Set([
  'BatchSize',
  'MaximumBatchingWindowInSeconds',
  'StartingPosition',
  'FunctionResponseTypes',
  'ProvisionedPollerConfig',
]);

export const platformNotes: readonly string[] = [
  'a failed batch is retried for ever, after pauses of 0.1 to 5 s; pauses of Lambda are not documented',
  'each mapping has its minimum of pollers; none are added or removed under load',
  'a sandbox is not frozen between two invocations',
  'rights, encryption and the network are not imitated',
];
