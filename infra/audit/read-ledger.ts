/**
 * Reads a ledger's table, consistently. All that it holds beside the entries is read before these: first the checkpoints, then
 * everything else, then the directory once more. So a line may be newer than the checkpoint of its journal and never older, and
 * no journal that came meanwhile is taken for one that nobody has listed.
 */

import { type DynamoDBClient, GetItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { awaitAnswer } from '../terminal/answer-of.ts';
import { Damage, formatKey, refuseOtherCount, type StoredItem } from './attributes.ts';
import type { Findings } from './findings.ts';
import {
  type CheckpointRead,
  type LineRead,
  type ParkedRead,
  readCheckpointItem,
  readLineItem,
  readParkedItem,
} from './layout.ts';

export interface JournalProjections {
  readonly journal: string;
  readonly checkpoint: CheckpointRead | undefined;
  readonly lines: LineRead[];
  readonly parked: ParkedRead[];
  /** Whether the journal itself holds anything; the directory names one before its first entry. */
  begun: boolean;
  /** Whether the directory names it. */
  listed: boolean;
  /** Key of the first item of it that was met; '' for none. */
  seen: string;
}

const journalName = /^(.+)@([1-9]\d*)#(0|[1-9]\d*)$/;

/** Of a journal's name, `<topic>@<incarnation>#<partition>`; undefined where it is none. */
export function parseJournalKey(
  journal: string,
): { readonly topic: string; readonly incarnation: number; readonly partition: number } | undefined {
  const [, topic, incarnation, partition] = journalName.exec(journal) ?? [];
  return topic === undefined
    ? undefined
    : { topic, incarnation: Number(incarnation), partition: Number(partition) };
}

export async function readProjections(
  findings: Findings,
  access: TableAccess,
): Promise<JournalProjections[]> {
  const byJournal = new Map<string, JournalProjections>();
  for (const journal of await readDirectory(access)) {
    const item = await getCheckpointItem(access, journal);
    const checkpoint = item && readSound(findings, journal, item, readCheckpointItem);
    byJournal.set(journal, buildEmptyProjections(journal, checkpoint));
  }
  for await (const item of readAllItems(access)) sort(findings, byJournal, item);
  const directory = new Set(await readDirectory(access));
  for (const journal of directory)
    if (parseJournalKey(journal) === undefined)
      findings.add('damage', journal, 'the directory lists no such name');
  for (const read of byJournal.values()) read.listed = directory.has(read.journal);
  for (const { journal, listed, seen } of byJournal.values())
    if (!listed)
      findings.add('stray', journal, `item ${seen} is of this journal, and the directory lists none`);
  return [...byJournal.values()];
}

function sort(findings: Findings, byJournal: Map<string, JournalProjections>, item: StoredItem): void {
  const [pk, sk] = [item['pk']?.S ?? '', item['sk']?.S ?? ''];
  const of = (journal: string): JournalProjections => {
    const known = byJournal.get(journal) ?? buildEmptyProjections(journal);
    byJournal.set(journal, known);
    known.seen ||= formatKey(item);
    return known;
  };
  if (pk.startsWith('line#')) refuseOtherCount(`under keys like ${pk.slice('line#'.length)}`);
  if (pk.startsWith('advertiser#')) {
    const line = readSound(findings, '', item, readLineItem);
    if (line !== undefined) of(line.journal).lines.push(line);
  } else if (pk.startsWith('parked#')) {
    const parked = readSound(findings, pk.replace('parked#', ''), item, readParkedItem);
    if (parked !== undefined) of(parked.journal).parked.push(parked);
  } else if (pk === 'journals') {
    if (Object.keys(item).length > 2)
      findings.add('damage', sk, `item ${formatKey(item)} is more than its key`);
  } else {
    const journal = sk === 'checkpoint' ? pk.replace(/^checkpoint#/, '') : pk;
    const known = journal === pk ? /^entry#\d{16}$/.test(sk) : true;
    if (!known || parseJournalKey(journal) === undefined)
      findings.add('stray', pk, `item ${formatKey(item)} is of no kind that the layout has`);
    else of(journal).begun = true;
  }
}

export function buildEmptyProjections(journal: string, checkpoint?: CheckpointRead): JournalProjections {
  return {
    journal,
    checkpoint,
    lines: [],
    parked: [],
    begun: checkpoint !== undefined,
    listed: true,
    seen: '',
  };
}

/** What can be read; the rest is named. */
export function readSound<Read>(
  findings: Findings,
  journal: string,
  item: StoredItem,
  read: (item: StoredItem) => Read,
): Read | undefined {
  try {
    return read(item);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    findings.add('damage', journal, error.message);
    return undefined;
  }
}

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

/** All items of the table, in no order: also those that no known key leads to. */
function readAllItems({ client, table }: TableAccess): AsyncGenerator<StoredItem> {
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
