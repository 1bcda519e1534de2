/**
 * The journal in DynamoDB: read the head, put the next entry, list what stands after a version.
 *
 * Three things here carry the promise. The put is conditional on nothing standing at that version and hands back what
 * does (I4). The head is read strongly consistent. And a head whose end of life is near is not trusted alone: DynamoDB
 * removes expired items in no stated order, so the newest entry may be gone while an older one is still there; the
 * checkpoint, which never expires, then knows better, and the higher version of the two is the head.
 *
 * Items are read whole and held against their seals: nothing may be counted on a damaged one (`journal.damaged`). A read is paid by
 * the size of the item, not of what is asked of it (Amazon DynamoDB docs: read consistency and capacity units).
 */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { AppError } from '../errors.ts';
import { type Entry, emptyState, findSettled, type Head, type State } from './journal.ts';
import {
  buildCheckpointKey,
  buildEntryItem,
  buildParkedKey,
  ENTRY_PREFIX,
  formatEntrySk,
  type Item,
  readCheckpointItem,
  readEntry,
  readIntact,
  readNumber,
  readText,
} from './journal-items.ts';
import { formatJournalKey, parseJournalKey } from './journal-key.ts';
import { listOffsets, type OffsetSet } from './offsets.ts';

/** The one method of the SDK's client that is used; a test or a simulation stands in here. */
export type Sender = Pick<DynamoDBClient, 'send'>;

export interface Ledger {
  readonly client: Sender;
  readonly table: string;
  /** Entries may be removed this many days after they were written. */
  readonly entryDays: number;
}

/** The directory of a ledger's journals, since nobody may scan: `pk = journals`, `sk = <journal>`. */
export const DIRECTORY_PK = 'journals';

const DAY_SECONDS = 86_400;

/**
 * The state that the next entry is computed from.
 * @param at epoch milliseconds: now, or the newest record at hand if that is later
 */
export async function readHead(
  ledger: Ledger,
  journal: string,
  at: number,
  signal?: AbortSignal,
): Promise<Head> {
  const newest = await ledger.client.send(
    new QueryCommand({
      TableName: ledger.table,
      KeyConditionExpression: 'pk = :journal AND begins_with(sk, :entry)',
      ExpressionAttributeValues: { ':journal': { S: journal }, ':entry': { S: ENTRY_PREFIX } },
      ScanIndexForward: false,
      Limit: 1,
      ConsistentRead: true,
    }),
    until(signal),
  );
  const item = newest.Items?.[0];
  const entry = item && readEntry(item);
  const head = entry && { state: entry.state, request: entry.by.request };
  if (head && readNumber(item['expires']) - at / 1000 > (ledger.entryDays * DAY_SECONDS) / 2) return head;
  const checkpoint = await readCheckpoint(ledger, journal, signal);
  if (checkpoint !== undefined && checkpoint.version > (head?.state.version ?? 0))
    return { state: checkpoint, request: '' };
  return head ?? { state: emptyState, request: '' };
}

/** The state that the rollup has reached, or undefined before its first run. */
export async function readCheckpoint(
  ledger: Ledger,
  journal: string,
  signal?: AbortSignal,
): Promise<State | undefined> {
  const { Item } = await ledger.client.send(
    new GetItemCommand({
      TableName: ledger.table,
      Key: buildCheckpointKey(journal),
      ConsistentRead: true,
    }),
    until(signal),
  );
  return Item && readCheckpointItem(Item);
}

/** A parked record that the entry would settle is not open: somebody else has settled it, or it is not listed yet. */
export const NOT_OPEN = 'not open';

/**
 * Puts the entry if none stands at its version; an entry that settles parked records does so in one transaction with
 * them (I1, I3). Returns undefined when it was put, else the entry that stands there, which may be this very one if an
 * earlier reply was lost, or `NOT_OPEN`.
 * @param now epoch milliseconds
 */
export async function putEntry(
  ledger: Ledger,
  journal: string,
  entry: Entry,
  now: number,
  signal?: AbortSignal,
): Promise<Entry | typeof NOT_OPEN | undefined> {
  const options = until(signal);
  if (entry.state.version === 1) await ledger.client.send(registration(ledger, journal), options);
  const put = {
    TableName: ledger.table,
    Item: buildEntryItem(journal, entry, expiryOf(ledger, entry.state, now)),
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
  const settled = findSettled(entry.changed);
  try {
    if (settled.length === 0) await ledger.client.send(new PutItemCommand(put), options);
    else {
      const settlings = settlingsOf(ledger, journal, entry.state, settled, now);
      const items = { TransactItems: [{ Put: put }, ...settlings] };
      await ledger.client.send(new TransactWriteItemsCommand(items), options);
    }
    return undefined;
  } catch (error) {
    if (error instanceof TransactionCanceledException) return hinderedBy(error);
    if (error instanceof ConditionalCheckFailedException && error.Item !== undefined)
      return readEntry(error.Item);
    throw error;
  }
}

/**
 * A settled item outlives every entry that could list its record again, and a second life beside, since DynamoDB takes
 * days to remove what has expired.
 */
function settlingsOf(
  ledger: Ledger,
  journal: string,
  state: State,
  settled: OffsetSet,
  now: number,
): TransactWriteItem[] {
  const expires = expiryOf({ entryDays: 2 * ledger.entryDays }, state, now);
  return Array.from(listOffsets(settled), (offset) => ({
    Update: {
      TableName: ledger.table,
      Key: buildParkedKey(journal, offset),
      UpdateExpression: 'SET settled = :version, expires = :expires',
      ConditionExpression: 'attribute_exists(sha256) AND attribute_not_exists(settled)',
      ExpressionAttributeValues: {
        ':version': { N: String(state.version) },
        ':expires': { N: String(expires) },
      },
    },
  }));
}

/** The first reason is of the entry, the others are of the parked records. Throws on what is neither's condition. */
function hinderedBy(error: TransactionCanceledException): Entry | typeof NOT_OPEN {
  const [ofEntry, ...ofParked] = error.CancellationReasons ?? [];
  if (ofEntry?.Code === 'ConditionalCheckFailed' && ofEntry.Item !== undefined)
    return readEntry(ofEntry.Item);
  if (ofParked.some(({ Code }) => Code === 'ConditionalCheckFailed')) return NOT_OPEN;
  throw error;
}

/** The entries after a version, in order. Throws `journal.torn` where one is missing. */
export async function* readEntriesAfter(
  ledger: Ledger,
  journal: string,
  version: number,
): AsyncGenerator<Entry> {
  let expected = version + 1;
  const items = queryAll(ledger, {
    KeyConditionExpression: 'pk = :journal AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: {
      ':journal': { S: journal },
      ':first': { S: formatEntrySk(expected) },
      ':last': { S: formatEntrySk(Number.MAX_SAFE_INTEGER) },
    },
  });
  for await (const item of items) {
    const entry = readEntry(item);
    if (entry.state.version !== expected) {
      throw new AppError(
        'journal.torn',
        `${journal} has version ${entry.state.version} where ${expected} must stand`,
      );
    }
    expected += 1;
    yield entry;
  }
}

/**
 * The keys of all journals of the ledger, those of older incarnations included.
 * @param onDamage gets what is wrong with a registration, so that the others can go on; thrown unless given
 */
export async function listJournals(
  ledger: Ledger,
  onDamage: (error: unknown) => void = (error) => {
    throw error;
  },
): Promise<string[]> {
  const journals: string[] = [];
  const items = queryAll(ledger, {
    KeyConditionExpression: 'pk = :directory',
    ExpressionAttributeValues: { ':directory': { S: DIRECTORY_PK } },
  });
  for await (const item of items) {
    try {
      journals.push(readIntact(item, ({ sk }) => formatJournalKey(parseJournalKey(readText(sk)))));
    } catch (error) {
      onDamage(error);
    }
  }
  return journals;
}

/** All items of a query, page by page, strongly consistent. */
export async function* queryAll(
  ledger: Ledger,
  query: Omit<QueryCommandInput, 'TableName'>,
): AsyncGenerator<Item> {
  let start: Item | undefined;
  do {
    const page = await ledger.client.send(
      new QueryCommand({
        ...query,
        TableName: ledger.table,
        ConsistentRead: true,
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    yield* page.Items ?? [];
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

export const WRITES_AT_ONCE = 32;

/** Runs side by side for all items; the first failure is thrown. */
export async function runAtOnce<T>(
  items: IterableIterator<T>,
  run: (item: T) => Promise<void>,
): Promise<void> {
  async function worker(): Promise<void> {
    for (const item of items) await run(item);
  }
  await Promise.all(Array.from({ length: WRITES_AT_ONCE }, worker));
}

function until(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** Written before a journal's first entry, so that no journal can stand unlisted; written twice, it says the same. */
function registration(ledger: Ledger, journal: string): PutItemCommand {
  return new PutItemCommand({
    TableName: ledger.table,
    Item: { pk: { S: DIRECTORY_PK }, sk: { S: journal } },
  });
}

/** Counted from the newest record if that is later than the writer's clock, which may be slow. */
function expiryOf({ entryDays }: Pick<Ledger, 'entryDays'>, state: State, now: number): number {
  return Math.floor(Math.max(now, state.newest) / 1000) + entryDays * DAY_SECONDS;
}
