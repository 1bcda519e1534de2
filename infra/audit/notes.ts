/** What an audit says that is no fault: what only the chain of entries vouches for, what is in gaps, and why it can't tell. */
import { formatSums, type Rolled } from './check-lines.ts';
import { addSums, zero } from './entry-lines.ts';
import type { Findings, PartitionTally } from './findings.ts';
import type { EntryRead } from './layout.ts';
import type { Ranges } from './offset-ranges.ts';

export function notePartition(
  findings: Findings,
  tally: PartitionTally,
  entries: readonly EntryRead[],
  resolved: Ranges,
): void {
  const { journal, logStart, unverifiable, gaps, gapOffsets, explainedOffsets } = tally;
  const note = (what: string) => findings.notes.push(`${journal}: ${what}`);
  const base = resolved[0]?.[0] ?? 0;
  if (base > 0 && base >= logStart && logStart > 0)
    note(`the ledger begins at offset ${base}; what stood before it can't be told any more`);
  if (unverifiable > 0) {
    const gone = entries.filter(({ offsets }) => (offsets[0]?.[0] ?? logStart) < logStart);
    const sums = gone.reduce((sum, { lines }) => addSums(sum, lines.sum), zero);
    note(
      `${unverifiable} records before offset ${logStart} have left the log and can't be verified any more: ` +
        `for ${formatSums(sums)} of ${gone.length} entries only their chain and seals vouch; audit within the topic's retention, and keep --json for --since`,
    );
  }
  if (gaps > 0) note(`${gaps} records in gaps, offsets ${gapOffsets}, are not counted yet`);
  if (explainedOffsets !== '') note(`the log holds no record at the open offsets ${explainedOffsets}`);
}

/** @param where the records are that could be compared */
export function noteElsewhere(
  findings: Findings,
  where: 'an earlier log' | 'another topic',
  { journal, entries, checkpoint }: Rolled,
): void {
  const state = entries.at(-1)?.state ?? checkpoint?.state ?? zero;
  findings.notes.push(
    `${journal}: it is of ${where}, not of this one: for ${formatSums(state)} only their chain and seals vouch`,
  );
}

/** An audit that compared nothing proves nothing. */
export function noteVerdict(findings: Findings): void {
  const { partitions } = findings;
  const sum = (of: 'compared' | 'unverifiable' | 'lag') =>
    partitions.reduce((all, each) => all + each[of], 0);
  if (sum('compared') > 0) return;
  findings.unsure.push(
    sum('unverifiable') > 0
      ? `none of the ${sum('unverifiable')} records that it counted is in the log any more`
      : `the ledger has counted no record of the ${sum('lag')} that the log holds: there is nothing to compare`,
  );
}
