/**
 * Whether a journal may begin. A topic of a higher incarnation holds other records than the one before, or a copy of them: a copy would be
 * counted a second time, since its offsets say nothing of what was counted. So where an older journal of the topic is younger than
 * the topic's retention, its operator has to say which it is (docs/adr/0020-incarnations.md).
 */
import { AppError } from '../errors.ts';
import { parseJournalKey } from './journal-key.ts';
import { type Ledger, listJournals, readHead } from './journal-store.ts';

/** What the operator says of the topic's log. */
export interface Beginning {
  readonly log: 'unsaid' | 'new' | 'copy';
  /** How long the topic keeps a record. */
  readonly retentionMs: number;
}

/**
 * Throws `incarnation.unexplained` where the journal, which has no entry yet, would begin beside an older one that may hold the same records.
 * @param now epoch milliseconds
 */
export async function assertExplained(
  ledger: Ledger,
  journal: string,
  { log, retentionMs }: Beginning,
  now: number,
): Promise<void> {
  const { topic, incarnation } = parseJournalKey(journal);
  if (incarnation === 1 || log === 'new') return;
  for (const key of await listJournals(ledger)) {
    const other = parseJournalKey(key);
    if (other.topic !== topic || other.incarnation >= incarnation) continue;
    const { state } = await readHead(ledger, key, now);
    if (state.newest <= now - retentionMs) continue;
    const newest = new Date(state.newest).toISOString();
    throw new AppError(
      'incarnation.unexplained',
      log === 'copy'
        ? `${journal} would begin on a copy of the log of ${key}, whose newest counted record is of ${newest}: nothing says yet where in the copy that record is, and what came before it would be counted again`
        : `${journal} would begin beside ${key}, whose newest counted record is of ${newest}: say log 'new' if the topic was recreated and holds none of the old records, 'copy' if it was copied`,
    );
  }
}
