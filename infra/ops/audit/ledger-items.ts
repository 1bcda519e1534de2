/** Reads a ledger's table, consistently and by keys alone. What an item says is read by layout.ts. */
import { type DynamoDBClient, GetItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { answerOf } from './could-not-tell.ts';
import type { Item } from './layout.ts';

export interface TableAccess {
  readonly table: string;
  readonly client: Pick<DynamoDBClient, 'send'>;
}

export async function readJournalNames(access: TableAccess): Promise<string[]> {
  return (await query(access, 'journals')).map((item) => item['sk']?.S ?? '');
}

/** The checkpoint as it is now; undefined before the first rollup. */
export async function getCheckpointItem(
  { client, table }: TableAccess,
  journal: string,
): Promise<Item | undefined> {
  const key = { pk: { S: journal }, sk: { S: 'checkpoint' } };
  const asked = new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true });
  return (await answerOf(`table ${table}`, client.send(asked))).Item;
}

/** All entries that have not expired, in the order of versions. */
export async function readEntryItems(access: TableAccess, journal: string): Promise<Item[]> {
  return (await query(access, journal)).filter((item) => item['sk']?.S !== 'checkpoint');
}

export function readParkedItems(access: TableAccess, journal: string): Promise<Item[]> {
  return query(access, `parked#${journal}`);
}

/** Statement lines of every advertiser, whoever it is: so also those that no entry knows. */
export function readLineItems({ client, table }: TableAccess): Promise<Item[]> {
  const asked = {
    TableName: table,
    ConsistentRead: true,
    FilterExpression: 'begins_with(pk, :advertiser)',
    ExpressionAttributeValues: { ':advertiser': { S: 'advertiser#' } },
  };
  return allPages(table, (ExclusiveStartKey) =>
    client.send(new ScanCommand({ ...asked, ExclusiveStartKey })),
  );
}

function query({ client, table }: TableAccess, pk: string): Promise<Item[]> {
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

type Key = Record<string, NonNullable<Item[string]>>;

async function allPages(
  table: string,
  page: (
    start: Key | undefined,
  ) => Promise<{ Items?: Item[] | undefined; LastEvaluatedKey?: Key | undefined }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let start: Key | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await answerOf(`table ${table}`, page(start));
    items.push(...Items);
    start = LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}
