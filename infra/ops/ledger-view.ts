/** A ledger as its owner sees it from outside: totals per journal. Reads only; in the local runtime and on AWS alike. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { operatorRequests } from '../../shared/bounded-requests.ts';
import { parseCounted } from '../../shared/fold/count.ts';
import { parseJournalKey } from '../../shared/journal/journal-key.ts';
import { type Ledger, listJournals, readCheckpoint, readHead } from '../../shared/journal/journal-store.ts';
import { countOffsets, findGaps, findNextOffset, type OffsetSet } from '../../shared/journal/offsets.ts';

/** How long entries stay only matters to who writes them. */
const ENTRY_DAYS = 35;

export function openLedger(
  table: string,
  access: DynamoDBClientConfig,
): Ledger & { readonly client: DynamoDBClient } {
  return { client: new DynamoDBClient({ ...access, ...operatorRequests }), table, entryDays: ENTRY_DAYS };
}

export interface JournalTotals {
  readonly topic: string;
  readonly partition: number;
  readonly clicks: bigint;
  readonly micros: bigint;
  readonly parked: number;
  readonly openGap: number;
  /** Offsets that were counted, parked or found void. */
  readonly resolved: OffsetSet;
  /** The offset after the newest of them. */
  readonly next: number;
}

export async function readJournalTotals(ledger: Ledger): Promise<JournalTotals[]> {
  const journals = await listJournals(ledger);
  return Promise.all(
    journals.map(async (journal) => {
      const { state } = await readHead(ledger, journal, Date.now());
      const { topic, partition } = parseJournalKey(journal);
      const { measures } = parseCounted(state.counted);
      const totalOf = (name: string) => state.totals[measures.indexOf(name)] ?? 0n;
      return {
        topic,
        partition,
        clicks: totalOf('clicks'),
        micros: totalOf('micros'),
        parked: state.openParked,
        openGap: countOffsets(findGaps(state.resolved)),
        resolved: state.resolved,
        next: findNextOffset(state.resolved),
      };
    }),
  );
}

/** Entries of all journals that no rollup has folded yet. */
export async function countEntriesNotRolledUp(ledger: Ledger): Promise<number> {
  const journals = await listJournals(ledger);
  const behind = await Promise.all(
    journals.map(async (journal) => {
      const { state } = await readHead(ledger, journal, Date.now());
      return state.version - ((await readCheckpoint(ledger, journal))?.version ?? 0);
    }),
  );
  return behind.reduce((sum, entries) => sum + Math.max(0, entries), 0);
}
