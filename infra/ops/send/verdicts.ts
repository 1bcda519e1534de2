/** What became of records in a ledger: looked up in its journals, and waited for as long as the ledger progresses. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseJournalKey } from '../../../shared/journal/journal-key.ts';
import {
  type Ledger,
  listJournals,
  readEntriesAfter,
  readHead,
} from '../../../shared/journal/journal-store.ts';
import { hasOffset } from '../../../shared/journal/offsets.ts';
import { Standstill } from '../standstill.ts';
import type { SentRecord } from './send-records.ts';

export type Verdict =
  | { readonly verdict: 'counted'; readonly version: number }
  | { readonly verdict: 'parked'; readonly version: number; readonly reason: string }
  | { readonly verdict: 'not counted yet' };

/** Versions of the heads of a ledger's journals of one topic, by journal. */
export type Heads = ReadonlyMap<string, number>;

/** Taken before records are sent, so that only entries after it can hold them. */
export async function readHeads(ledger: Ledger, topic: string): Promise<Heads> {
  const heads = new Map<string, number>();
  for (const journal of (await findJournals(ledger, topic)).values()) {
    const { state } = await readHead(ledger, journal, Date.now());
    heads.set(journal, state.version);
  }
  return heads;
}

/** The journals of a topic in its newest incarnation, by partition. */
async function findJournals(ledger: Ledger, topic: string): Promise<Map<number, string>> {
  const newest = new Map<number, { journal: string; incarnation: number }>();
  for (const journal of await listJournals(ledger)) {
    const { partition, incarnation, ...of } = parseJournalKey(journal);
    if (of.topic === topic && incarnation >= (newest.get(partition)?.incarnation ?? 0))
      newest.set(partition, { journal, incarnation });
  }
  return new Map(Array.from(newest, ([partition, { journal }]) => [partition, journal]));
}

const LOOK_EVERY_MS = 300;
const STANDSTILL_MS = 60_000;

/** One verdict for each record, in their order. Ends early where the ledger has stood still for a minute. */
export async function awaitVerdicts(
  ledger: Ledger,
  topic: string,
  before: Heads,
  records: readonly SentRecord[],
  signal: AbortSignal,
): Promise<Verdict[]> {
  const verdicts = new Map<SentRecord, Verdict>();
  const seen = new Map(before);
  const standstill = new Standstill(STANDSTILL_MS);
  for (;;) {
    for (const [partition, journal] of await findJournals(ledger, topic)) {
      const waiting = records.filter((record) => record.partition === partition && !verdicts.has(record));
      if (waiting.length === 0) continue;
      for await (const { changed, state } of readEntriesAfter(ledger, journal, seen.get(journal) ?? 0)) {
        seen.set(journal, state.version);
        const { version } = state;
        for (const record of waiting) {
          const parked = changed.parked.find(({ offset }) => offset === record.offset);
          if (parked !== undefined)
            verdicts.set(record, { verdict: 'parked', version, reason: parked.reason });
          else if (hasOffset(changed.offsets, record.offset))
            verdicts.set(record, { verdict: 'counted', version });
        }
      }
    }
    if (verdicts.size === records.length || standstill.lasts([...seen])) break;
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  return records.map((record) => verdicts.get(record) ?? { verdict: 'not counted yet' });
}
