/** Rivals measured turn by turn in one run, so that what else the machine does falls on all of them; speeds are only ever compared. */

/** What one turn of each took, in milliseconds, by rival. */
export type Turns<Rival extends string> = Readonly<Record<Rival, readonly number[]>>;

export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

export interface Race<Rival extends string> {
  readonly turns: number;
  /** Turns that are run and not counted. */
  readonly warmUps: number;
  readonly signal: AbortSignal;
  /** Makes ready what a rival's turn needs; not counted. */
  readonly before?: (rival: Rival) => void;
}

export async function interleaved<Rival extends string>(
  rivals: Readonly<Record<Rival, (turn: number) => unknown>>,
  { turns, warmUps, signal, before }: Race<Rival>,
): Promise<Turns<Rival>> {
  const names = Object.keys(rivals) as Rival[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Rival, number[]>;
  for (let turn = 0; turn < warmUps + turns; turn++) {
    // Who comes first finds the caches as the last one left them, so everybody is first in turn.
    for (let i = 0; i < names.length; i++) {
      const name = names[(turn + i) % names.length] as Rival;
      signal.throwIfAborted();
      before?.(name);
      const began = performance.now();
      await rivals[name](turn);
      if (turn >= warmUps) taken[name].push(performance.now() - began);
    }
  }
  return taken;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}

/** One rival's figures over another's, turn by turn: of times, how many times as fast the other was; of speeds, the one. */
export function ratioOf(above: readonly number[], below: readonly number[]): Spread {
  return spreadOf(above.map((value, turn) => value / (below[turn] ?? Number.NaN)));
}
