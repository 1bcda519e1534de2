/**
 * Creates the plan's tables in DynamoDB. In: its endpoint and the tables. Out: each table exists with its indexes and its
 * expiry; a second run changes nothing. An existing table with other keys is refused, because keys are fixed at
 * creation.
 */

import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { findInnermostMessage, UserError } from '../../terminal/user-error.ts';
import { buildClientConfig, type EndpointAccess } from '../endpoint-access.ts';
import type { PlannedIndex, PlannedTable } from '../template/planned.ts';

const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 10_000;

export async function createTables(access: EndpointAccess, tables: readonly PlannedTable[]): Promise<void> {
  const client = new DynamoDBClient({
    ...buildClientConfig(access),
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: ANSWER_WITHIN_MS,
      throwOnRequestTimeout: true,
    },
  });
  try {
    for (const table of tables) {
      const existing = await describe(client, table.name);
      if (existing === undefined) await create(client, table);
      else refuseOtherKeys(table, existing);
      await setExpiry(client, table);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `DynamoDB at ${access.endpoint} failed (${findInnermostMessage(error)}): check that it runs there, and that region and credentials are right`,
      error,
    );
  } finally {
    client.destroy();
  }
}

async function describe(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function create(client: DynamoDBClient, table: PlannedTable): Promise<void> {
  const { name, attributes, keys, globalIndexes, localIndexes } = table;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: attributes.map((attribute) => ({
        AttributeName: attribute.name,
        AttributeType: attribute.type,
      })),
      KeySchema: keySchema(keys),
      ...(globalIndexes.length > 0 && { GlobalSecondaryIndexes: globalIndexes.map(index) }),
      ...(localIndexes.length > 0 && { LocalSecondaryIndexes: localIndexes.map(index) }),
    }),
  );
}

function keySchema(keys: PlannedTable['keys']) {
  return keys.map(({ attribute, type }) => ({ AttributeName: attribute, KeyType: type }));
}

function index({ name, keys, projection, included }: PlannedIndex) {
  return {
    IndexName: name,
    KeySchema: keySchema(keys),
    Projection: {
      ProjectionType: projection,
      ...(included.length > 0 && { NonKeyAttributes: [...included] }),
    },
  };
}

function refuseOtherKeys(table: PlannedTable, existing: TableDescription): void {
  const indexes = [...(existing.GlobalSecondaryIndexes ?? []), ...(existing.LocalSecondaryIndexes ?? [])];
  const here = [described(existing), ...indexes.map((each) => `${each.IndexName} ${described(each)}`).sort()];
  const asked = [
    described({ KeySchema: keySchema(table.keys) }),
    ...[...table.globalIndexes, ...table.localIndexes]
      .map((each) => `${each.name} ${described(index(each))}`)
      .sort(),
  ];
  if (here.join('; ') === asked.join('; ')) return;
  throw new UserError(
    `table '${table.name}' has the keys and indexes ${here.join('; ')} here and ${asked.join('; ')} in the template: remove the tables' data folder, and the next start creates it again`,
  );
}

function described({ KeySchema: keys = [] }: Pick<TableDescription, 'KeySchema'>): string {
  return keys.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', ');
}

/** DynamoDB refuses to enable an expiry that is enabled already. */
async function setExpiry(client: DynamoDBClient, { name, expiryAttribute }: PlannedTable): Promise<void> {
  if (expiryAttribute === undefined) return;
  const { TimeToLiveDescription: existing } = await client.send(
    new DescribeTimeToLiveCommand({ TableName: name }),
  );
  if (existing?.TimeToLiveStatus === 'ENABLED') return;
  const TimeToLiveSpecification = { AttributeName: expiryAttribute, Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }));
}
