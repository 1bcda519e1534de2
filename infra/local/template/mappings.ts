/**
 * Reads the event source mappings of the plan. In: `AWS::Lambda::EventSourceMapping` of a Kafka topic. Out: the rules that
 * a poller follows, with Lambda's defaults filled in (AWS Lambda docs: kafka-esm parameters,
 * kafka-retry-configurations).
 *
 * This file refuses only what can't be read; mapping-notes.ts decides what else is noted or refused.
 */
import * as v from 'valibot';
import type { Resource } from './cloud-assembly.ts';
import { listResources } from './evaluate.ts';
import { findFunction, formatFunctionId } from './functions.ts';
import { listMappingNotes, refuseWhatMisleads } from './mapping-notes.ts';
import { listNotFollowed } from './mapping-properties.ts';
import { buildUuid, parseFunctionName } from './names.ts';
import type { PlannedMapping, StartingPosition } from './planned.ts';
import { parseWholeNumber, readProperties, text, truth } from './properties.ts';
import { buildPlace, formatLabel, refuse, type TemplateScope } from './scope.ts';

const DEFAULT_WINDOW_MS = 500;
/** Lambda's number of retries if endless retries have a destination (AWS Lambda docs: kafka-on-failure-destination). */
const ATTEMPTS_WITH_DESTINATION = 10;
const SECONDS = 'must be a time in the past, in seconds since 1970';

/** Lambda refuses a time in the future (AWS Lambda docs: kafka-starting-positions). */
const pastSeconds = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/, SECONDS))], SECONDS),
  v.transform(Number),
  v.minValue(0, SECONDS),
  v.check((seconds) => seconds * 1000 <= Date.now(), `${SECONDS}, not in milliseconds and not in the future`),
);

const consumerSchema = v.optional(
  v.object({
    ConsumerGroupId: v.optional(text),
    SchemaRegistryConfig: v.optional(v.unknown()),
  }),
);

const mappingSchema = v.object({
  FunctionName: text,
  EventSourceArn: text,
  Topics: v.pipe(v.array(text), v.length(1, 'must name exactly one topic')),
  AmazonManagedKafkaEventSourceConfig: consumerSchema,
  BatchSize: v.optional(parseWholeNumber(1, 10_000), 100),
  MaximumBatchingWindowInSeconds: v.optional(parseWholeNumber(0, 300)),
  StartingPosition: v.picklist(
    ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'],
    'must be TRIM_HORIZON, LATEST or AT_TIMESTAMP',
  ),
  StartingPositionTimestamp: v.optional(pastSeconds),
  FunctionResponseTypes: v.optional(v.array(v.literal('ReportBatchItemFailures')), []),
  MaximumRetryAttempts: v.optional(parseWholeNumber(-1, 10_000), -1),
  MaximumRecordAgeInSeconds: v.optional(
    v.union([parseWholeNumber(-1, -1), parseWholeNumber(60, 604_800)], 'must be -1 or from 60 to 604800'),
    -1,
  ),
  BisectBatchOnFunctionError: v.optional(truth, false),
  DestinationConfig: v.optional(
    v.object({ OnFailure: v.optional(v.object({ Destination: v.optional(text) })) }),
  ),
  ProvisionedPollerConfig: v.optional(
    v.object({
      MinimumPollers: v.optional(parseWholeNumber(1, 200)),
      MaximumPollers: v.optional(parseWholeNumber(1, 2000)),
    }),
  ),
  FilterCriteria: v.optional(
    v.object({ Filters: v.optional(v.array(v.object({ Pattern: v.optional(text, '{}') })), []) }),
  ),
  Enabled: v.optional(truth, true),
});

export function readMappings(
  scope: TemplateScope,
  topics: ReadonlySet<string>,
  notes: string[],
): PlannedMapping[] {
  const mappings: PlannedMapping[] = [];
  for (const resource of listResources(scope, 'AWS::Lambda::EventSourceMapping')) {
    if (resource.properties['Topics'] === undefined) {
      notes.push(`${formatLabel(resource)}: its event source is not a Kafka topic, and is not imitated`);
      continue;
    }
    const passedOver = listNotFollowed(resource);
    const mapping = readMapping(scope, resource);
    refuseWhatMisleads(resource, mapping, topics);
    notes.push(...listMappingNotes(resource, mapping));
    if (passedOver.length > 0)
      notes.push(`${formatLabel(resource)}: not followed here: ${passedOver.join(', ')}`);
    const sharing = mappings.find(({ groupId }) => groupId === mapping.groupId);
    if (sharing !== undefined)
      notes.push(
        `${formatLabel(resource)}: shares the group '${mapping.groupId}' with ${sharing.logicalId}; on AWS each mapping needs its own group`,
      );
    mappings.push(mapping);
  }
  return mappings;
}

function readMapping(scope: TemplateScope, resource: Resource): PlannedMapping {
  if (resource.properties['SelfManagedEventSource'] !== undefined)
    refuse(
      buildPlace(resource, 'SelfManagedEventSource'),
      'is not imitated; only mappings of an MSK cluster are',
    );
  const given = readProperties(scope, resource, mappingSchema);
  const consumer = given.AmazonManagedKafkaEventSourceConfig;
  if (consumer?.SchemaRegistryConfig !== undefined)
    refuse(
      buildPlace(resource, 'SchemaRegistryConfig'),
      'is not imitated, and would change the content of every record',
    );
  const target = findFunction(scope, parseFunctionName(given.FunctionName));
  if (target === undefined)
    return refuse(
      buildPlace(resource, 'FunctionName'),
      `is '${given.FunctionName}', which no template creates`,
    );
  const id = buildUuid(`${resource.stack.name}/${resource.id}`);
  return {
    id,
    stack: resource.stack.name,
    logicalId: resource.id,
    functionId: formatFunctionId(target),
    topic: given.Topics[0] ?? '',
    sourceArn: given.EventSourceArn,
    groupId: consumer?.ConsumerGroupId ?? id,
    batchSize: given.BatchSize,
    windowMs:
      given.MaximumBatchingWindowInSeconds === undefined
        ? DEFAULT_WINDOW_MS
        : given.MaximumBatchingWindowInSeconds * 1000,
    startingPosition: startingPosition(resource, given.StartingPosition, given.StartingPositionTimestamp),
    partialResponses: given.FunctionResponseTypes.length > 0,
    ...retryRules(given),
    bisect: given.BisectBatchOnFunctionError,
    pollers: pollersOf(given.ProvisionedPollerConfig),
    filters: given.FilterCriteria?.Filters.map(({ Pattern }) => Pattern) ?? [],
    enabled: given.Enabled,
  };
}

function retryRules(given: v.InferOutput<typeof mappingSchema>) {
  const destination = given.DestinationConfig?.OnFailure?.Destination;
  const endless = given.MaximumRetryAttempts === -1;
  return {
    retryAttempts:
      endless && destination !== undefined ? ATTEMPTS_WITH_DESTINATION : given.MaximumRetryAttempts,
    maxAgeSeconds: given.MaximumRecordAgeInSeconds,
    destination,
  };
}

function startingPosition(
  resource: Resource,
  from: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP',
  timestampSeconds: number | undefined,
): StartingPosition {
  if (from !== 'AT_TIMESTAMP') return { from };
  if (timestampSeconds === undefined)
    return refuse(
      buildPlace(resource, 'StartingPositionTimestamp'),
      'is missing; AT_TIMESTAMP starts from it',
    );
  return { from, timestampMs: timestampSeconds * 1000 };
}

/** An empty configuration turns a mapping back to on-demand mode (AWS Lambda docs: kafka-scaling-modes). */
function pollersOf(
  config: { MinimumPollers?: number | undefined; MaximumPollers?: number | undefined } | undefined,
): PlannedMapping['pollers'] {
  const { MinimumPollers: min, MaximumPollers: max } = config ?? {};
  if (min === undefined && max === undefined) return undefined;
  return { min: min ?? 1, max: Math.max(max ?? 200, min ?? 1) };
}
