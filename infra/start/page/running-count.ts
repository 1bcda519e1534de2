/**
 * What the records of a partition are worth up to a ledger's position, by the auditor's reading and continued from one check to the next.
 * So a ledger's sums are compared with its log every second, at the cost of the new records only. It says only whether the sums agree; the
 * audit checks everything else (entries, fingerprints, lines, order).
 */
import { hasOffset, type OffsetSet } from '../../../shared/journal/offsets.ts';
import { judgeClick } from '../../audit/judge-click.ts';
import type { Bounds, LogRecord } from '../../kafka/topic-log.ts';

/** Records in gaps are kept aside until the gap closes, so many at most. */
const OPEN_MAX = 100_000;

interface RunningSums {
  readonly clicks: number;
  readonly micros: bigint;
  /** Records that are no clicks. */
  readonly refused: number;
}

type Records = (bounds: Bounds) => AsyncIterable<Pick<LogRecord, 'offset' | 'time' | 'value'>>;

export class RunningCount {
  readonly #records: Records;
  /** Passed over, and not resolved yet. */
  readonly #open = new Map<number, bigint | undefined>();
  #next: number;
  #clicks = 0;
  #micros = 0n;
  #refused = 0;

  /** @param start the log's oldest offset */
  constructor(records: Records, start: number) {
    this.#records = records;
    this.#next = start;
  }

  get sums(): RunningSums {
    return { clicks: this.#clicks, micros: this.#micros, refused: this.#refused };
  }

  /** Undefined where more is open than is kept. */
  async upTo(end: number, resolved: OffsetSet): Promise<RunningSums | undefined> {
    if (this.#open.size > OPEN_MAX) return undefined;
    for (const [offset, micros] of this.#open)
      if (hasOffset(resolved, offset)) {
        this.#open.delete(offset);
        this.#count(micros);
      }
    const bounds = { start: this.#next, end };
    for await (const { offset, time, value } of end > this.#next ? this.#records(bounds) : []) {
      const worth = judgeClick(time, value);
      const micros = typeof worth === 'string' ? undefined : worth.micros;
      if (hasOffset(resolved, offset)) this.#count(micros);
      else this.#open.set(offset, micros);
      this.#next = offset + 1;
    }
    this.#next = Math.max(this.#next, end);
    return this.sums;
  }

  #count(micros: bigint | undefined): void {
    if (micros === undefined) this.#refused += 1;
    else {
      this.#clicks += 1;
      this.#micros += micros;
    }
  }
}
