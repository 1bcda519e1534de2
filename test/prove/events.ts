/**
 * All that happened in a run, in one series of rising numbers: what was done to it and what was heard of it. Kept as a file of
 * JSON lines, and counted by kind.
 */
import { appendFileSync } from 'node:fs';

export interface Event {
  readonly n: number;
  /** Milliseconds since the run began. */
  readonly at: number;
  readonly kind: string;
  /** `<topic>@<incarnation>#<partition>`, where it is of one. */
  readonly journal?: string | undefined;
  readonly offsets?: string | undefined;
  readonly what?: string | undefined;
}

export class Events {
  readonly #file: string;
  readonly #began = performance.now();
  readonly #counts = new Map<string, number>();
  readonly #commits: Event[] = [];
  readonly #others: Event[] = [];
  #lines: string[] = [];
  #n = 0;

  constructor(file: string) {
    this.#file = file;
  }

  add(kind: string, more: Omit<Event, 'n' | 'at' | 'kind'> = {}): void {
    this.#n += 1;
    const event = { n: this.#n, at: Math.round(performance.now() - this.#began), kind, ...more };
    this.#counts.set(kind, this.count(kind) + 1);
    (event.journal === undefined ? this.#others : this.#commits).push(event);
    this.#lines.push(`${JSON.stringify(event)}\n`);
    if (this.#lines.length >= 500) this.flush();
  }

  count(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What was heard of an offset of a journal, in order. */
  around(journal: string, offset: number): Event[] {
    return this.#commits.filter(
      (event) =>
        event.journal === journal &&
        (event.offsets ?? '').split(',').some((range) => {
          const [from = Number.NaN, to = from] = range.split('-').map((end) => Number.parseInt(end, 10));
          return offset >= from && offset <= to;
        }),
    );
  }

  /** What happened to no journal alone, between two times of the run. */
  between(from: number, to: number): Event[] {
    return this.#others.filter(({ at }) => at >= from && at <= to);
  }

  flush(): void {
    appendFileSync(this.#file, this.#lines.join(''));
    this.#lines = [];
  }
}
