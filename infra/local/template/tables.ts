/**
 * Reads the DynamoDB tables of the plan. In: `AWS::DynamoDB::Table` and `AWS::DynamoDB::GlobalTable`. Out: the input of
 * CreateTable and UpdateTimeToLive. Capacity, encryption, backups and replicas have no effect here and are ignored. A stream
 * is noted, because functions may depend on it.
 */
import * as v from 'valibot';
import { listResources, resolvePhysicalName } from './evaluate.ts';
import type { PlannedIndex, PlannedTable } from './planned.ts';
import { readProperties, text, truth } from './properties.ts';
import { buildPlace, formatLabel, type TemplateScope } from './scope.ts';

const keySchema = v.array(
  v.object({ AttributeName: text, KeyType: v.picklist(['HASH', 'RANGE'], 'must be HASH or RANGE') }),
);

const indexesSchema = v.optional(
  v.array(
    v.object({
      IndexName: text,
      KeySchema: keySchema,
      Projection: v.object({
        ProjectionType: v.optional(v.picklist(['ALL', 'KEYS_ONLY', 'INCLUDE']), 'ALL'),
        NonKeyAttributes: v.optional(v.array(text)),
      }),
    }),
  ),
  [],
);

const tableSchema = v.object({
  KeySchema: keySchema,
  AttributeDefinitions: v.array(
    v.object({ AttributeName: text, AttributeType: v.picklist(['S', 'N', 'B'], 'must be S, N or B') }),
  ),
  GlobalSecondaryIndexes: indexesSchema,
  LocalSecondaryIndexes: indexesSchema,
  TimeToLiveSpecification: v.optional(v.object({ AttributeName: v.optional(text), Enabled: truth })),
  StreamSpecification: v.optional(v.unknown()),
});

export function readTables(scope: TemplateScope, notes: string[]): PlannedTable[] {
  return listResources(scope, 'AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map((resource) => {
    const table = readProperties(scope, resource, tableSchema);
    if (table.StreamSpecification !== undefined)
      notes.push(`${formatLabel(resource)}: StreamSpecification is not imitated`);
    const expiry = table.TimeToLiveSpecification;
    return {
      name: resolvePhysicalName(scope, buildPlace(resource, 'TableName'), resource),
      stack: resource.stack.name,
      logicalId: resource.id,
      keys: table.KeySchema.map(keyOf),
      attributes: table.AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
        name: AttributeName,
        type: AttributeType,
      })),
      globalIndexes: table.GlobalSecondaryIndexes.map(indexOf),
      localIndexes: table.LocalSecondaryIndexes.map(indexOf),
      expiryAttribute: expiry?.Enabled === true ? expiry.AttributeName : undefined,
    };
  });
}

function keyOf({ AttributeName, KeyType }: v.InferOutput<typeof keySchema>[number]) {
  return { attribute: AttributeName, type: KeyType };
}

function indexOf({
  IndexName,
  KeySchema,
  Projection,
}: v.InferOutput<typeof indexesSchema>[number]): PlannedIndex {
  return {
    name: IndexName,
    keys: KeySchema.map(keyOf),
    projection: Projection.ProjectionType,
    included: Projection.NonKeyAttributes ?? [],
  };
}
