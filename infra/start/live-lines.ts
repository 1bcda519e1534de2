/** The live lines of `npm start`: one for each partition of each group, as a table that is redrawn in a terminal. */
import { formatMicros } from '../terminal/money.ts';

export interface LivePartition {
  readonly partition: number;
  /** Number of the poller that owns it; undefined while nobody does. */
  readonly owner: number | undefined;
  readonly committed: number | undefined;
  /** What it was just before the ledger was read: never ahead of what is counted (I7). */
  readonly committedThen: number | undefined;
  readonly end: number | undefined;
  /** Offset after the newest that the ledger has resolved. */
  readonly applied: number;
  readonly gaps: number;
  readonly clicks: bigint;
  readonly micros: bigint;
  readonly parked: number;
}

export interface LiveGroup {
  readonly groupId: string;
  readonly partitions: readonly LivePartition[];
}

const COLUMNS = ['group', 'partition', 'owner', 'position', 'lag', 'clicks/s', 'amount', 'parked'] as const;
/** Rates are over this long, so that a batch a second does not make them jump. */
const RATE_OVER_MS = 3_000;

interface Sample {
  readonly at: number;
  readonly clicks: bigint;
}

export class LiveLines {
  readonly #samples = new Map<string, Sample[]>();

  /** The rows of the table, the first its head. */
  rows(groups: readonly LiveGroup[], now: number): string[] {
    const cells = groups.flatMap(({ groupId, partitions }) =>
      partitions.map((partition) => this.#cells(groupId, partition, now)),
    );
    const widths = COLUMNS.map((column, i) =>
      Math.max(column.length, ...cells.map((row) => row[i]?.length ?? 0)),
    );
    return [[...COLUMNS], ...cells].map((row) =>
      row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    );
  }

  #cells(groupId: string, live: LivePartition, now: number): string[] {
    const { partition, owner, committed, end, clicks, micros, parked } = live;
    const lag = end === undefined ? '' : String(Math.max(0, end - (committed ?? 0)));
    const rate = this.#rate(`${groupId} ${partition}`, clicks, now);
    const position = committed === undefined ? '-' : String(committed);
    return [
      groupId,
      String(partition),
      owner === undefined ? 'nobody' : `poller ${owner}`,
      position,
      lag,
      String(rate),
      formatMicros(micros),
      String(parked),
    ];
  }

  #rate(key: string, clicks: bigint, now: number): number {
    const samples = (this.#samples.get(key) ?? []).filter(({ at }) => now - at <= RATE_OVER_MS);
    samples.push({ at: now, clicks });
    this.#samples.set(key, samples);
    const [first] = samples;
    if (first === undefined || first.at === now) return 0;
    return Math.round((Number(clicks - first.clicks) * 1000) / (now - first.at));
  }
}
