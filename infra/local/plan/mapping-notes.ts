/**
 * How truthful a mapping is here. In: its template and what was read of it. Out: notes, or a refusal.
 *
 * What only changes pace or convenience is noted by name, unless the caller says that it honours the option. What
 * would change which records a function sees is refused: a ledger that counts other clicks than on AWS is worse than
 * none. Retry settings on a mapping without provisioned pollers are noted, because AWS documents them for those alone
 * (AWS Lambda docs: kafka-scaling-modes).
 */
import type { PlannedMapping } from '../plan.ts';
import type { Resource } from '../template.ts';
import { labelOf, placeOf, refuse } from './scope.ts';

/** What the caller may say it honours; the rest of a mapping's options always holds. */
export const mappingOptions = [
  'BatchSize',
  'MaximumBatchingWindowInSeconds',
  'StartingPosition',
  'FunctionResponseTypes',
  'MaximumRetryAttempts',
  'MaximumRecordAgeInSeconds',
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'ProvisionedPollerConfig',
  'FilterCriteria',
] as const;
export type MappingOption = (typeof mappingOptions)[number];

export function refuseWhatMisleads(
  resource: Resource,
  mapping: PlannedMapping,
  topics: ReadonlySet<string>,
  honoured: ReadonlySet<MappingOption>,
): void {
  if (!topics.has(mapping.topic))
    refuse(
      placeOf(resource, 'Topics'),
      `is '${mapping.topic}', which no AWS::MSK::Topic of the templates creates`,
    );
  if (mapping.filters.length > 0 && !honoured.has('FilterCriteria'))
    refuse(
      placeOf(resource, 'FilterCriteria'),
      'is not imitated, and the function would get records that AWS keeps from it',
    );
  const [, topic] = /^kafka:\/\/(.*)$/.exec(mapping.destination ?? '') ?? [];
  if (topic !== undefined && !topics.has(topic))
    refuse(
      placeOf(resource, 'DestinationConfig'),
      `is '${mapping.destination}', a topic that no template creates`,
    );
}

export function notesOn(
  resource: Resource,
  mapping: PlannedMapping,
  honoured: ReadonlySet<MappingOption>,
): string[] {
  const asksFor: Readonly<Record<MappingOption, boolean>> = {
    BatchSize: true,
    MaximumBatchingWindowInSeconds: resource.properties['MaximumBatchingWindowInSeconds'] !== undefined,
    StartingPosition: mapping.startingPosition.from !== 'TRIM_HORIZON',
    FunctionResponseTypes: mapping.partialResponses,
    MaximumRetryAttempts: mapping.retryAttempts !== -1,
    MaximumRecordAgeInSeconds: mapping.maxAgeSeconds !== -1,
    BisectBatchOnFunctionError: mapping.bisect,
    DestinationConfig: mapping.destination !== undefined,
    ProvisionedPollerConfig: mapping.pollers !== undefined,
    FilterCriteria: mapping.filters.length > 0,
  };
  const notes = mappingOptions
    .filter((option) => asksFor[option] && !honoured.has(option))
    .map((option) => `${labelOf(resource)}: ${option} is not imitated yet`);
  const provisionedOnly = [
    'FunctionResponseTypes',
    'MaximumRetryAttempts',
    'MaximumRecordAgeInSeconds',
    'BisectBatchOnFunctionError',
  ] as const;
  for (const option of provisionedOnly)
    if (mapping.pollers === undefined && asksFor[option])
      notes.push(
        `${labelOf(resource)}: AWS documents ${option} for mappings with ProvisionedPollerConfig alone`,
      );
  return notes;
}
