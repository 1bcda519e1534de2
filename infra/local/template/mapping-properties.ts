/**
 * Checks the properties of a mapping. In: a mapping of the templates. Out: the names of properties that are not followed here.
 * A name that CloudFormation does not know is refused: on AWS the deployment would fail, and ignoring the name would run
 * another mapping than intended.
 */
import type { Json, Resource } from './cloud-assembly.ts';
import { buildPlace, refuse } from './scope.ts';

/** `true`: followed; `false`: not followed; an object: it depends on the nested properties. */
type Known = boolean | { readonly [name: string]: Known };

/** CloudFormation schema of AWS::Lambda::EventSourceMapping. */
const known: Readonly<Record<string, Known>> = {
  AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: true, SchemaRegistryConfig: true },
  BatchSize: true,
  BisectBatchOnFunctionError: true,
  DestinationConfig: { OnFailure: { Destination: true }, OnSuccess: false },
  DocumentDBEventSourceConfig: false,
  Enabled: true,
  EventSourceArn: true,
  FilterCriteria: { Filters: true },
  FunctionName: true,
  FunctionResponseTypes: true,
  KmsKeyArn: false,
  LoggingConfig: false,
  MaximumBatchingWindowInSeconds: true,
  MaximumRecordAgeInSeconds: true,
  MaximumRetryAttempts: true,
  MetricsConfig: false,
  ParallelizationFactor: false,
  ProvisionedPollerConfig: { MinimumPollers: true, MaximumPollers: true, PollerGroupName: false },
  Queues: false,
  ScalingConfig: false,
  SelfManagedEventSource: true,
  SelfManagedKafkaEventSourceConfig: false,
  SourceAccessConfigurations: false,
  StartingPosition: true,
  StartingPositionTimestamp: true,
  Tags: false,
  Topics: true,
  TumblingWindowInSeconds: false,
};

/** Names of given properties that the local runtime does not follow; nested names have dots. */
export function listNotFollowed(resource: Resource): string[] {
  const names = below(resource, resource.properties, known, []);
  const { StartingPosition: from, StartingPositionTimestamp: time } = resource.properties;
  if (time !== undefined && typeof from === 'string' && from !== 'AT_TIMESTAMP')
    names.push('StartingPositionTimestamp');
  return names;
}

function below(
  resource: Resource,
  given: Readonly<Record<string, Json>>,
  allowed: Readonly<Record<string, Known>>,
  path: readonly string[],
): string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const names = [...path, name];
    const follows = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (follows === undefined) return refuse(buildPlace(resource, names.join('.')), unknown(path, allowed));
    if (follows === true) return [];
    if (follows === false) return [names.join('.')];
    return isPlain(value) ? below(resource, value, follows, names) : [];
  });
}

function unknown(path: readonly string[], allowed: Readonly<Record<string, Known>>): string {
  const owner = path.length === 0 ? 'an event source mapping' : path.join('.');
  return `is not a property of ${owner}; allowed are ${Object.keys(allowed).join(', ')}`;
}

/** Whether the value is an object without an intrinsic function, whose result is not known here. */
function isPlain(value: Json): value is Readonly<Record<string, Json>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !Object.keys(value).some((name) => name === 'Ref' || name.startsWith('Fn::'))
  );
}
