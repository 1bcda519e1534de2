/** Reads a ledger's table, consistently. What an item says is read by layout.ts. */
import { type DynamoDBClient, GetItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { awaitAnswer } from '../terminal/answer-of.ts';
import type { StoredItem } from './attributes.ts';

export interface TableAccess {
  readonly table: string;
  readonly client: Pick<DynamoDBClient, 'send'>;
}

export async function readDirectory(access: TableAccess): Promise<string[]> {
  return (await Array.fromAsync(query(access, 'journals'))).map((item) => item['sk']?.S ?? '');
}

/** The checkpoint as it is now; undefined before the first rollup. */
export async function getCheckpointItem(
  { client, table }: TableAccess,
  journal: string,
): Promise<StoredItem | undefined> {
  const key = { pk: { S: `checkpoint#${journal}` }, sk: { S: 'checkpoint' } };
  const asked = new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true });
  return (await awaitAnswer(`table ${table}`, client.send(asked))).Item;
}

/** All entries that have not expired, in the order of versions. */
export function readEntryItems(access: TableAccess, journal: string): AsyncGenerator<StoredItem> {
  return query(access, journal);
}

/** Whatever stands in the table, in no order: so also what no key that is known would lead to. */
export function readAllItems({ client, table }: TableAccess): AsyncGenerator<StoredItem> {
  return allPages(table, (ExclusiveStartKey) =>
    client.send(new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey })),
  );
}

function query({ client, table }: TableAccess, pk: string): AsyncGenerator<StoredItem> {
  const asked = {
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: pk } },
  };
  return allPages(table, (ExclusiveStartKey) =>
    client.send(new QueryCommand({ ...asked, ExclusiveStartKey })),
  );
}

type Key = Record<string, NonNullable<StoredItem[string]>>;

async function* allPages(
  table: string,
  page: (
    start: Key | undefined,
  ) => Promise<{ Items?: StoredItem[] | undefined; LastEvaluatedKey?: Key | undefined }>,
): AsyncGenerator<StoredItem> {
  let start: Key | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await awaitAnswer(`table ${table}`, page(start));
    yield* Items;
    start = LastEvaluatedKey;
  } while (start !== undefined);
}
