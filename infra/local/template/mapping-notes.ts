/**
 * Lists how a mapping differs from AWS here. In: its resource and its plan. Out: notes, or a refusal.
 *
 * A difference in the records that a function gets is refused: a ledger that counts other clicks than on AWS is worse
 * than none. Retry settings without provisioned pollers are noted, because AWS documents them only with provisioned pollers
 * (AWS Lambda docs: kafka-scaling-modes). AWS does not document what the API would answer, so they are followed here.
 */
import { parseDestinationAddress } from '../mapping/destination-address.ts';
import { BadPattern, compileFilter } from '../mapping/filter-pattern.ts';
import type { Resource } from './cloud-assembly.ts';
import type { PlannedMapping } from './planned.ts';
import { buildPlace, formatLabel, refuse } from './scope.ts';

/** AWS Lambda docs: invocation-eventfiltering. */
const FILTERS_MAX = 5;
const FILTERS_MAX_BY_QUOTA = 10;

export function refuseWhatMisleads(
  resource: Resource,
  mapping: PlannedMapping,
  topics: ReadonlySet<string>,
): void {
  if (!topics.has(mapping.topic))
    refuse(
      buildPlace(resource, 'Topics'),
      `is '${mapping.topic}', which no AWS::MSK::Topic of the templates creates`,
    );
  refuseFilters(resource, mapping);
  refuseDestination(resource, mapping, topics);
}

function refuseFilters(resource: Resource, { filters }: PlannedMapping): void {
  const place = buildPlace(resource, 'FilterCriteria');
  if (filters.length > FILTERS_MAX_BY_QUOTA)
    refuse(
      place,
      `has ${filters.length} filters; Lambda allows ${FILTERS_MAX}, or ${FILTERS_MAX_BY_QUOTA} with a higher quota`,
    );
  for (const pattern of filters) {
    try {
      compileFilter(pattern);
    } catch (error) {
      if (!(error instanceof BadPattern)) throw error;
      refuse(place, `the pattern ${pattern}: ${error.message}`);
    }
  }
}

function refuseDestination(
  resource: Resource,
  { destination, topic }: PlannedMapping,
  topics: ReadonlySet<string>,
): void {
  if (destination === undefined) return;
  const place = buildPlace(resource, 'DestinationConfig');
  const address = parseDestinationAddress(destination);
  if (typeof address === 'string') refuse(place, address);
  else if (address.kind !== 'kafka') return;
  else if (address.topic === topic)
    refuse(place, `is '${destination}', the topic that the mapping reads; name another topic`);
  else if (!topics.has(address.topic)) refuse(place, `is '${destination}', a topic that no template creates`);
}

export function listMappingNotes(resource: Resource, mapping: PlannedMapping): string[] {
  const notes: string[] = [];
  const note = (what: string) => notes.push(`${formatLabel(resource)}: ${what}`);
  const isProvisionedOnly: Readonly<Record<string, boolean>> = {
    FunctionResponseTypes: mapping.partialResponses,
    MaximumRetryAttempts:
      resource.properties['MaximumRetryAttempts'] !== undefined && mapping.retryAttempts !== -1,
    MaximumRecordAgeInSeconds: mapping.maxAgeSeconds !== -1,
    BisectBatchOnFunctionError: mapping.bisect,
    'a Kafka topic as DestinationConfig': mapping.destination?.startsWith('kafka://') === true,
    LoggingConfig: resource.properties['LoggingConfig'] !== undefined,
  };
  for (const [option, given] of Object.entries(isProvisionedOnly))
    if (mapping.pollers === undefined && given)
      note(`AWS documents ${option} only for mappings with ProvisionedPollerConfig`);
  if (mapping.destination !== undefined && isEndless(resource))
    note(`endless retries with a destination become ${mapping.retryAttempts}, as on AWS`);
  if (mapping.filters.length > FILTERS_MAX)
    note(`has ${mapping.filters.length} filters; on AWS more than ${FILTERS_MAX} need a higher quota`);
  return notes;
}

function isEndless({ properties }: Resource): boolean {
  const given = properties['MaximumRetryAttempts'];
  return given === undefined || Number(given) === -1;
}
