/**
 * The list of parked records: one item for each, so that no head has to remember them.
 *
 *   pk  parked#<journal>   sk  <offset, 16 digits>   reason, sha256, version: why, what, and the entry that parked it
 *                                                    settled: the entry that applied or accepted it; expires
 *
 * An item is put once, by whoever projects the entry, on condition that there is none. It is settled once, in one
 * transaction with the entry that does so, on condition that it is open (I1). So it outlives every entry that could put it
 * again: it expires two lives of an entry after it was settled, and entries that the checkpoint has passed are not
 * projected any more (docs/adr/0016-parked-records.md).
 */
import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Parked } from './journal.ts';
import { buildParkedKey, readIntact, readText } from './journal-items.ts';
import { type Ledger, queryAll, readCheckpoint, readEntriesAfter, runAtOnce } from './journal-store.ts';

/** A parked record and the version of the entry that parked it. */
export interface Parking extends Parked {
  readonly version: number;
}

/** Puts what is not listed yet. What is there stays as it is, settled ones above all. */
export async function listParked(
  ledger: Ledger,
  journal: string,
  parkings: readonly Parking[],
): Promise<void> {
  await runAtOnce(parkings.values(), async ({ offset, reason, sha256, version }) => {
    const item = { reason: { S: reason }, sha256: { S: sha256 }, version: { N: String(version) } };
    try {
      await ledger.client.send(
        new PutItemCommand({
          TableName: ledger.table,
          Item: { ...buildParkedKey(journal, offset), ...item },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  });
}

/** Lists what entries have parked since the last rollup, so that an operator need not wait for the next one. */
export async function listNewlyParked(ledger: Ledger, journal: string): Promise<void> {
  const checkpoint = await readCheckpoint(ledger, journal);
  for await (const { changed, state } of readEntriesAfter(ledger, journal, checkpoint?.version ?? 0)) {
    const { version } = state;
    await listParked(
      ledger,
      journal,
      changed.parked.map((parked) => ({ ...parked, version })),
    );
  }
}

/** The records from one offset to another, both included, that are neither applied nor accepted. */
export async function* listOpenParked(
  ledger: Ledger,
  journal: string,
  from: number,
  to: number,
): AsyncGenerator<Parked> {
  const [first, last] = [buildParkedKey(journal, from), buildParkedKey(journal, to)];
  const items = queryAll(ledger, {
    KeyConditionExpression: 'pk = :parked AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: { ':parked': first.pk, ':first': first.sk, ':last': last.sk },
  });
  for await (const item of items) {
    if (item['settled'] !== undefined) continue;
    yield readIntact(item, ({ sk, reason, sha256 }) => {
      const offset = readText(sk);
      if (!/^\d{16}$/.test(offset)) throw new RangeError(`'${offset}' is no offset of sixteen digits`);
      if (!/^[0-9a-f]{64}$/.test(readText(sha256)))
        throw new RangeError(`'${readText(sha256)}' is no SHA-256`);
      return { offset: Number(offset), reason: readText(reason), sha256: readText(sha256) };
    });
  }
}
