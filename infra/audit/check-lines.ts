/**
 * What the rollup has made of a journal: each statement line is the sum of its entries up to its `through`, which is the last of
 * them it knows, and no line is missing or invented. The checkpoint and the lines were read before the entries, so whatever
 * they hold is in an entry.
 */
import { addSums, type Sums, zero } from './entry-lines.ts';
import type { Findings } from './findings.ts';
import type { CheckpointRead, EntryRead, LineRead } from './layout.ts';

export interface Rolled {
  readonly journal: string;
  readonly entries: readonly EntryRead[];
  readonly checkpoint: CheckpointRead | undefined;
}

/** What the entries that have not expired hold of one line. */
interface Expected {
  /** Up to the line's `through`. */
  sums: Sums;
  /** Whether the entry of that version has any of it. */
  named: boolean;
  /** The first entry after it. */
  next: { readonly version: number; readonly sums: Sums } | undefined;
}

export function checkLines(findings: Findings, rolled: Rolled, lines: readonly LineRead[]): void {
  const { journal, entries, checkpoint } = rolled;
  const fault = (what: string) => findings.add('statement', journal, what);
  const expected = expectedOf(entries, lines);
  const oldest = entries[0]?.version ?? Number.POSITIVE_INFINITY;
  const head = entries.at(-1)?.version ?? checkpoint?.through ?? 0;
  const through = checkpoint?.through ?? 0;
  let beyond = zero;
  for (const item of lines) {
    const { sums, named, next } = expected.get(item.line) ?? nothing;
    expected.delete(item.line);
    if (item.through > head) fault(`${item.line} claims version ${item.through}, the newest is ${head}`);
    else if (!named && item.through >= oldest)
      fault(`${item.line} claims version ${item.through}, and entry ${item.through} has nothing of it`);
    if (next !== undefined && next.version <= through)
      fault(`${item.line} lacks entry ${next.version}, and the checkpoint is at ${through}`);
    const base = {
      clicks: item.clicks - sums.clicks,
      micros: item.micros - sums.micros,
      flagged: item.flagged - sums.flagged,
    };
    beyond = addSums(beyond, base);
    if (hasAll(entries) ? !isZero(base) : base.clicks < 0n || base.micros < 0n || base.flagged < 0n)
      fault(
        `${item.line} has ${formatSums(item)}, ${item.flagged} flagged; its entries up to ${item.through} have ${formatSums(sums)}, ${sums.flagged} flagged`,
      );
  }
  for (const [line, { next }] of expected)
    if (next !== undefined && next.version <= through)
      fault(`${line} has no line, entry ${next.version} has ${formatSums(next.sums)}`);
  checkExpired(findings, rolled, beyond);
}

const nothing: Expected = { sums: zero, named: false, next: undefined };

/** By line, one that is not in the table being of version 0. */
function expectedOf(entries: readonly EntryRead[], lines: readonly LineRead[]): Map<string, Expected> {
  const reached = new Map(lines.map(({ line, through }) => [line, through]));
  const expected = new Map<string, Expected>();
  for (const { version, lines: own } of entries) {
    for (const [line, sums] of own.each()) {
      const known = expected.get(line) ?? { ...nothing };
      expected.set(line, known);
      const through = reached.get(line) ?? 0;
      if (version <= through) known.sums = addSums(known.sums, sums);
      else known.next ??= { version, sums };
      if (version === through) known.named = true;
    }
  }
  return expected;
}

/** What the lines hold beyond the entries that have not expired must be what the expired ones added up to. */
function checkExpired(findings: Findings, { journal, entries, checkpoint }: Rolled, beyond: Sums): void {
  const first = entries[0];
  if (hasAll(entries)) return;
  const state = first?.state ?? checkpoint?.state;
  const own = first?.lines.sum ?? zero;
  const expired = { clicks: (state?.clicks ?? 0n) - own.clicks, micros: (state?.micros ?? 0n) - own.micros };
  if (beyond.clicks !== expired.clicks || beyond.micros !== expired.micros)
    findings.add(
      'statement',
      journal,
      `all lines together hold ${formatSums(beyond)} of expired entries, by the states these had ${formatSums(expired)}`,
    );
}

export function formatSums(sums: Pick<Sums, 'clicks' | 'micros'> | undefined): string {
  return sums === undefined
    ? 'nothing'
    : `${sums.clicks} ${sums.clicks === 1n ? 'click' : 'clicks'} and ${sums.micros} micros`;
}

/** Whether none has expired. */
export function hasAll(entries: readonly EntryRead[]): boolean {
  return entries[0]?.version === 1;
}

function isZero({ clicks, micros, flagged }: Sums): boolean {
  return clicks === 0n && micros === 0n && flagged === 0n;
}
