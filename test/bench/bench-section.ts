/** What a benchmark gives: rows of figures, and how they are drawn. */
import type { Spread } from './interleaved.ts';

export interface BenchOptions {
  readonly seed: number;
  /** How much is measured: 1 is a quick look, 3 what is published. */
  readonly rounds: number;
  /** Of the drains. */
  readonly clicks: number;
  /** Of an event, of the handler and of what it costs. */
  readonly records: readonly number[];
  /** Of the handler's events. */
  readonly advertisers: readonly number[];
  /** Of the drains by partitions and pollers. */
  readonly partitions: readonly number[];
  readonly pollers: readonly number[];
  /** Of the look at memory. */
  readonly minutes: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export type Cell = string | number | Spread;

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** Bars: columns of the rows by name. */
  readonly chart?: {
    readonly x: string;
    /** Several stand side by side. */
    readonly y: string | readonly string[];
    readonly series?: string;
    readonly log?: boolean;
    readonly where?: Readonly<Record<string, Cell>>;
  };
}
