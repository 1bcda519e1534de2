/**
 * A journal against the log: every record that is still there is judged again, and booked to the entry that says it counted
 * it. What each entry should hold is then compared with what it does hold, line by line.
 */
import { createHash } from 'node:crypto';
import type { LogRecord } from '../kafka/topic-log.ts';
import { findTaken } from './check-chain.ts';
import { formatSums } from './check-lines.ts';
import { isPossible, type Sums, zero } from './entry-lines.ts';
import type { Findings } from './findings.ts';
import { judgeClick, type Worth } from './judge-click.ts';
import type { EntryRead } from './layout.ts';
import { clipRanges, countOffsets, type OffsetRange, subtractRanges } from './offset-ranges.ts';

/** What the function alone can judge, by its clock at that time. */
const byItsClock: ReadonlySet<string> = new Set(['record.old', 'record.ahead']);

interface Booked {
  readonly entry: EntryRead;
  readonly flagged: ReadonlySet<number>;
  readonly lines: Map<string, { clicks: bigint; micros: bigint; flagged: bigint }>;
  newest: number;
  /** Records of the entry that have not come by yet. */
  left: number;
  /** Records of it that have left the log. */
  readonly gone: number;
}

interface Owned {
  readonly range: OffsetRange;
  readonly booked: Booked;
}

export class LogCheck {
  readonly #findings: Findings;
  readonly #journal: string;
  /** In the order of offsets, as the records come. */
  readonly #owned: readonly Owned[];
  readonly #appliedLater = new Map<number, Booked>();
  readonly #accepted = new Set<number>();
  readonly #marks = new Map<number, { readonly version: number; readonly fingerprint: string }[]>();
  readonly #newestBefore = new Map<number, number>();
  #next = 0;
  /** Records that an entry resolved, and that were compared with it. */
  compared = 0;
  /** What the records are worth that an entry says it counted. */
  micros = 0n;

  /** @param logStart offset of the oldest record that is kept */
  constructor(findings: Findings, journal: string, entries: readonly EntryRead[], logStart: number) {
    this.#findings = findings;
    this.#journal = journal;
    const owned: Owned[] = [];
    for (const [i, entry] of entries.entries()) {
      const records = subtractRanges(subtractRanges(entry.offsets, entry.void), entry.accepted);
      const taken = findTaken(entry);
      const gone = countOffsets(clipRanges(taken, 0, logStart - 1));
      const flagged = new Set(entry.flagged);
      const left = countOffsets(taken) - gone;
      const booked: Booked = { entry, flagged, lines: new Map(), newest: -1, left, gone };
      for (const range of records) owned.push({ range, booked });
      for (const [from, to] of entry.unparked)
        for (let offset = from; offset <= to; offset++) this.#appliedLater.set(offset, booked);
      for (const [from, to] of subtractRanges(entry.accepted, entry.offsets))
        for (let offset = from; offset <= to; offset++) this.#accepted.add(offset);
      for (const [offset, fingerprint] of entry.state.marks)
        this.#marks.set(offset, [
          ...(this.#marks.get(offset) ?? []),
          { version: entry.version, fingerprint },
        ]);
      const before = entries[i - 1]?.state.newest ?? (entry.version === 1 ? -1 : undefined);
      if (before !== undefined) this.#newestBefore.set(entry.version, before);
    }
    this.#owned = owned.sort((a, b) => a.range[0] - b.range[0]);
  }

  /** Takes the records of the partition in the order of their offsets. */
  take(record: LogRecord): void {
    const { offset } = record;
    for (const { version, fingerprint } of this.#marks.get(offset) ?? []) {
      const is = fingerprintOf(record);
      if (is !== fingerprint)
        this.#fault('fingerprint', `offset ${offset} holds ${is}, entry ${version} counted ${fingerprint}`);
    }
    while ((this.#owned[this.#next]?.range[1] ?? Number.POSITIVE_INFINITY) < offset) this.#next += 1;
    const owner = this.#owned[this.#next];
    const later = this.#appliedLater.get(offset);
    if (later !== undefined || (owner !== undefined && owner.range[0] <= offset)) this.compared += 1;
    if (owner !== undefined && owner.range[0] <= offset) this.#judge(record, owner.booked, later);
    else if (later !== undefined) this.#book(record, later, judgeClick(record.time, record.value));
  }

  #judge(record: LogRecord, owner: Booked, later: Booked | undefined): void {
    const { offset, time, value } = record;
    const worth = judgeClick(time, value);
    const parked = owner.entry.parked.get(offset);
    if (parked === undefined) {
      this.#book(record, owner, worth);
      return;
    }
    const sha256 = createHash('sha256')
      .update(value ?? '')
      .digest('hex');
    if (sha256 !== parked.sha256)
      this.#fault(
        'parked',
        `offset ${offset} is parked with sha256 ${parked.sha256}, its value has ${sha256}`,
      );
    const timed = byItsClock.has(parked.reason);
    if (later !== undefined) this.#book(record, later, worth);
    else if (
      typeof worth !== 'string' &&
      !timed &&
      parked.reason !== 'fold.threw' &&
      !this.#accepted.has(offset)
    )
      this.#fault('parked', `offset ${offset} is parked for ${parked.reason}, and it is a click`);
    else if (typeof worth === 'string' && !timed && worth !== parked.reason)
      this.#fault(
        'parked',
        `offset ${offset} is parked for ${parked.reason}, by the contract it is ${worth}`,
      );
    this.#seen(owner, parked.reason === 'record.ahead' ? -1 : time);
  }

  #book({ offset, time }: LogRecord, booked: Booked, worth: Worth | string): void {
    if (typeof worth === 'string')
      this.#fault(
        'parked',
        `offset ${offset} was counted by entry ${booked.entry.version}, and it is ${worth}`,
      );
    else {
      const line = booked.lines.get(worth.line) ?? { clicks: 0n, micros: 0n, flagged: 0n };
      line.clicks += 1n;
      line.micros += worth.micros;
      this.micros += worth.micros;
      if (booked.flagged.has(offset)) line.flagged += 1n;
      booked.lines.set(worth.line, line);
    }
    this.#seen(booked, time);
  }

  /** The last record of an entry closes it. */
  #seen(booked: Booked, time: number): void {
    booked.newest = Math.max(booked.newest, time);
    booked.left -= 1;
    if (booked.left === 0) this.#close(booked);
  }

  #close({ entry, lines, newest, gone }: Booked): void {
    const held = new Map(entry.lines.each());
    for (const line of new Set([...lines.keys(), ...held.keys()])) {
      const [is, should] = [held.get(line), lines.get(line)];
      const same =
        is?.clicks === should?.clicks && is?.micros === should?.micros && is?.flagged === should?.flagged;
      if (gone === 0 ? !same : !isPossible(minusSums(is, should)))
        this.#fault(
          'money',
          `entry ${entry.version}, ${line}: ${inWords(is)}, by the log ${gone > 0 ? 'at least ' : ''}${inWords(should)}`,
        );
    }
    lines.clear();
    const before = this.#newestBefore.get(entry.version);
    if (gone === 0 && before !== undefined && entry.state.newest !== Math.max(before, newest))
      this.#fault(
        'chain',
        `entry ${entry.version} has state.newest ${entry.state.newest}, by the log ${Math.max(before, newest)}`,
      );
  }

  #fault(kind: 'fingerprint' | 'parked' | 'money' | 'chain', what: string): void {
    this.#findings.add(kind, this.#journal, what);
  }
}

function inWords(sums: Sums | undefined): string {
  return formatSums(sums) + (sums !== undefined && sums.flagged > 0n ? `, ${sums.flagged} flagged` : '');
}

/** What of an entry's line its records that left the log must have had. */
function minusSums(is: Sums = zero, part: Sums = zero): Sums {
  return {
    clicks: is.clicks - part.clicks,
    micros: is.micros - part.micros,
    flagged: is.flagged - part.flagged,
  };
}

/** As docs/ledger-layout.md defines it. */
function fingerprintOf({ time, key, value }: LogRecord): string {
  return createHash('sha256')
    .update(`${time} ${key?.length ?? 0} `)
    .update(key ?? '')
    .update(value ?? '')
    .digest('hex')
    .slice(0, 16);
}
