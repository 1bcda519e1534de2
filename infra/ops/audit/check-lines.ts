/**
 * What the rollup has made of a journal: each statement line is the sum of its entries up to its `through`, no line is missing
 * or invented, and the operator's list names every parked record. The checkpoint and the lines were read before the entries, so
 * whatever they hold stands in an entry.
 */
import { written } from './check-log.ts';
import type { Findings } from './findings.ts';
import type { CheckpointRead, EntryRead, LineRead, ParkedRead, Sums } from './layout.ts';

interface Rolled {
  readonly journal: string;
  readonly entries: readonly EntryRead[];
  readonly checkpoint: CheckpointRead | undefined;
}

const zero: Sums = { clicks: 0n, micros: 0n, flagged: 0n };

export function checkLines(findings: Findings, rolled: Rolled, lines: readonly LineRead[]): void {
  const { journal, entries, checkpoint } = rolled;
  const fault = (what: string) => findings.add('statement', journal, what);
  const byLine = sumsByLine(entries);
  const head = entries.at(-1)?.version ?? checkpoint?.through ?? 0;
  const through = checkpoint?.through ?? 0;
  let beyond = zero;
  for (const item of lines) {
    const parts = byLine.get(item.line) ?? [];
    const sum = total(parts.filter(({ version }) => version <= item.through).map(({ sums }) => sums));
    const late = parts.find(({ version }) => version > item.through && version <= through);
    byLine.delete(item.line);
    if (item.through > head) fault(`${item.line} claims version ${item.through}, the newest is ${head}`);
    if (late !== undefined)
      fault(`${item.line} lacks entry ${late.version}, and the checkpoint is at ${through}`);
    const base = {
      clicks: item.clicks - sum.clicks,
      micros: item.micros - sum.micros,
      flagged: item.flagged - sum.flagged,
    };
    beyond = total([beyond, base]);
    if (hasAll(entries) ? !isZero(base) : base.clicks < 0n || base.micros < 0n || base.flagged < 0n)
      fault(
        `${item.line} has ${written(item)}, ${item.flagged} flagged; its entries up to ${item.through} have ${written(sum)}, ${sum.flagged} flagged`,
      );
  }
  for (const [line, parts] of byLine)
    if ((parts[0]?.version ?? Number.POSITIVE_INFINITY) <= through)
      fault(`${line} has no line, entry ${parts[0]?.version} has ${written(parts[0]?.sums)}`);
  checkExpired(findings, rolled, beyond);
}

/** What the lines hold beyond the entries that still stand must be what the expired ones added up to. */
function checkExpired(findings: Findings, { journal, entries, checkpoint }: Rolled, beyond: Sums): void {
  const first = entries[0];
  if (hasAll(entries)) return;
  const own = total([...(first?.lines.values() ?? [])]);
  const state = first?.state ?? checkpoint?.state;
  const expired = { clicks: (state?.clicks ?? 0n) - own.clicks, micros: (state?.micros ?? 0n) - own.micros };
  if (beyond.clicks !== expired.clicks || beyond.micros !== expired.micros)
    findings.add(
      'statement',
      journal,
      `all lines together hold ${written(beyond)} of expired entries, by the states these had ${written(expired)}`,
    );
}

export function checkParked(
  findings: Findings,
  { journal, entries, checkpoint }: Rolled,
  items: readonly ParkedRead[],
): void {
  const fault = (what: string) => findings.add('parked', journal, what);
  const through = checkpoint?.through ?? 0;
  const listed = new Map(items.map((item) => [item.offset, item]));
  const known = new Set<number>();
  for (const { version, parked, unparked } of entries) {
    for (const [offset, { reason, sha256 }] of parked) {
      const item = listed.get(offset);
      known.add(offset);
      if (item === undefined && version <= through)
        fault(`offset ${offset} is parked by entry ${version} and not listed`);
      if (item !== undefined && item.reason !== '' && (item.reason !== reason || item.sha256 !== sha256))
        fault(
          `offset ${offset} is listed for ${item.reason} ${item.sha256}, entry ${version} has ${reason} ${sha256}`,
        );
    }
    for (const [from, to] of version <= through ? unparked : [])
      for (let offset = from; offset <= to; offset++)
        if (listed.get(offset)?.applied !== version)
          fault(`offset ${offset} was applied by entry ${version}, and the list does not say so`);
    for (const [from, to] of unparked) for (let offset = from; offset <= to; offset++) known.add(offset);
  }
  for (const { offset } of hasAll(entries) ? items : [])
    if (!known.has(offset)) fault(`offset ${offset} is listed as parked, and no entry parks it`);
}

/** Whether none has expired. */
function hasAll(entries: readonly EntryRead[]): boolean {
  return entries[0]?.version === 1;
}

function sumsByLine(entries: readonly EntryRead[]): Map<string, { version: number; sums: Sums }[]> {
  const byLine = new Map<string, { version: number; sums: Sums }[]>();
  for (const { version, lines } of entries) {
    for (const [line, sums] of lines) {
      const parts = byLine.get(line);
      if (parts === undefined) byLine.set(line, [{ version, sums }]);
      else parts.push({ version, sums });
    }
  }
  return byLine;
}

function total(parts: readonly Sums[]): Sums {
  return parts.reduce(
    (sum, part) => ({
      clicks: sum.clicks + part.clicks,
      micros: sum.micros + part.micros,
      flagged: sum.flagged + part.flagged,
    }),
    zero,
  );
}

function isZero({ clicks, micros, flagged }: Sums): boolean {
  return clicks === 0n && micros === 0n && flagged === 0n;
}
