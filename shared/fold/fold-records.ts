/**
 * Folds the fresh records of a batch: what they change, what the fold carries on, and which of them are rejected, by the
 * decoder before or by the fold now. A click that the fold throws on is parked, and leaves nothing in sums or carried state.
 *
 * The usual batch is folded once. Where the fold throws, it goes on with the others first, to learn on which clicks it
 * throws, and the batch is folded again without those. It is made sure that no click was blamed for what an earlier one left
 * behind: of up to SUSPECTS_TRIED clicks, all of them, of more, as many evenly spread. If one was, each throw is undone
 * before the next click (`foldStepwise`). The cost grows with the batch and never with its square (docs/adr/0018).
 *
 * Everything that a fold does wrong beside that is `fold.broken`.
 */
import type { AnyEvent } from '../contract/contract.ts';
import { isRejected, type Rejected } from '../contract/decode.ts';
import { AppError } from '../errors.ts';
import type { KafkaRecord } from '../event/event.ts';
import type { Counting } from './count.ts';
import { Delta, FoldFault } from './delta.ts';
import { CARRIED_BYTES_MAX, type Fold } from './fold.ts';

export interface Folded {
  readonly records: readonly KafkaRecord[];
  readonly rejected: readonly Rejected[];
  readonly delta: Delta;
  readonly carried: string;
}

/** As many clicks on which the fold threw are tried again on a state that no throw has touched. */
const SUSPECTS_TRIED = 16;
/** The clock is read once in so many clicks. */
const CLICKS_PER_LOOK = 256;

type Decoded = AnyEvent | Rejected;

/**
 * @param team whose fold it is, for what is said of it
 * @param before what the last entry carried
 * @param isLate whether the time for it is over; then `table.deadline` is thrown
 */
export function foldRecords<S>(
  before: string,
  fresh: readonly Decoded[],
  { fold, counting }: { readonly fold: Fold<S>; readonly counting: Counting },
  team: string,
  isLate: () => boolean,
): Folded {
  try {
    const { delta, carried, threw } = foldClicks(new Run(fold, counting, before, isLate), fresh);
    const rejected = fresh.flatMap((item): Rejected[] => {
      if (isRejected(item)) return [item];
      return threw.has(item) ? [{ record: item.record, rejected: 'fold.threw' }] : [];
    });
    return { records: fresh.map(({ record }) => record), rejected, delta, carried };
  } catch (error) {
    if (!(error instanceof FoldFault)) throw error;
    const cure = `roll it back, or mend functions/${team}/fold.ts`;
    throw new AppError('fold.broken', `the fold of ${team} ${error.message}: ${cure}`);
  }
}

interface Result {
  readonly delta: Delta;
  readonly carried: string;
  readonly threw: ReadonlySet<AnyEvent>;
}

function foldClicks<S>(run: Run<S>, fresh: readonly Decoded[]): Result {
  const clicks = fresh.filter((item): item is AnyEvent => !isRejected(item));
  const suspects = new Set<AnyEvent>();
  const first = run.start();
  for (const click of clicks) {
    const outcome = run.fold(first, click);
    if (outcome === 'taken') continue;
    // Behind a throw the state may be spoilt, so a fault proves nothing there.
    if (outcome !== 'threw' && suspects.size === 0) throw outcome;
    if (outcome !== 'threw') return foldStepwise(run, clicks);
    suspects.add(click);
  }
  if (suspects.size === 0) return run.end(first, suspects);
  return foldWithout(run, clicks, suspects) ?? foldStepwise(run, clicks);
}

/** Undefined where a suspect is found not to throw on a state that no throw has touched, or another click throws. */
function foldWithout<S>(
  run: Run<S>,
  clicks: readonly AnyEvent[],
  suspects: Set<AnyEvent>,
): Result | undefined {
  const step = Math.ceil(suspects.size / SUSPECTS_TRIED);
  const at = run.start();
  let met = 0;
  for (const click of clicks) {
    if (!suspects.has(click)) {
      const outcome = run.fold(at, click);
      if (outcome === 'threw') return undefined;
      if (outcome !== 'taken') throw outcome;
    } else if (met++ % step === 0) {
      const carried = run.close(at.state);
      if (run.fold({ delta: run.delta(), state: run.open(carried) }, click) !== 'threw') return undefined;
      at.state = run.open(carried);
    }
  }
  return run.end(at, suspects);
}

/** Each throw is undone: what was folded since the last one is folded again from what was carried there. */
function foldStepwise<S>(run: Run<S>, clicks: readonly AnyEvent[]): Result {
  const whole = run.delta();
  const threw = new Set<AnyEvent>();
  let { before } = run;
  let at = run.start();
  let since: AnyEvent[] = [];
  for (const click of clicks) {
    const outcome = run.fold(at, click);
    if (outcome === 'taken') since.push(click);
    if (outcome instanceof FoldFault) throw outcome;
    if (outcome !== 'threw') continue;
    threw.add(click);
    at = { delta: run.delta(), state: run.open(before) };
    for (const again of since)
      if (run.fold(at, again) !== 'taken')
        throw new FoldFault('throws on a click that it took before: it is not pure');
    whole.join(at.delta);
    before = run.close(at.state);
    at = { delta: run.delta(), state: run.open(before) };
    since = [];
  }
  whole.join(at.delta);
  return run.end({ delta: whole, state: at.state }, threw);
}

interface Place<S> {
  readonly delta: Delta;
  state: S;
}

/** The fold of a team, with all that it may do wrong said as a `FoldFault`. */
class Run<S> {
  readonly before: string;
  readonly #fold: Fold<S>;
  readonly #counting: Counting;
  readonly #isLate: () => boolean;
  #folded = 0;

  constructor(fold: Fold<S>, counting: Counting, before: string, isLate: () => boolean) {
    this.#fold = fold;
    this.#counting = counting;
    this.before = before;
    this.#isLate = isLate;
  }

  delta(): Delta {
    return new Delta(this.#counting);
  }

  start(): Place<S> {
    return { delta: this.delta(), state: this.open(this.before) };
  }

  fold({ delta, state }: Place<S>, click: AnyEvent): 'taken' | 'threw' | FoldFault {
    if (++this.#folded % CLICKS_PER_LOOK === 0 && this.#isLate())
      throw new AppError('table.deadline', `the fold has taken ${this.#folded} clicks by then`);
    delta.begin(click);
    try {
      const returned: unknown = this.#fold.click(state, click, delta);
      if (returned instanceof Promise) {
        returned.catch(() => {});
        return new FoldFault('is asynchronous: click() has to be done when it returns');
      }
      return delta.fault ?? 'taken';
    } catch {
      return delta.fault ?? 'threw';
    }
  }

  open(carried: string): S {
    try {
      return this.#fold.open(carried);
    } catch (error) {
      throw new FoldFault(
        `throws ${nameOf(error)} in open(), from ${carried.length} characters that it carried`,
      );
    }
  }

  close(state: S): string {
    let carried: unknown;
    try {
      carried = this.#fold.close(state);
    } catch (error) {
      throw new FoldFault(`throws ${nameOf(error)} in close()`);
    }
    if (typeof carried !== 'string' || !carried.isWellFormed())
      throw new FoldFault(
        `carries ${typeof carried === 'string' ? 'half a character' : `a ${typeof carried}`}, not a text`,
      );
    return carried;
  }

  end({ delta, state }: Place<S>, threw: ReadonlySet<AnyEvent>): Result {
    const carried = this.close(state);
    const bytes = Buffer.byteLength(carried);
    if (bytes > CARRIED_BYTES_MAX)
      throw new FoldFault(`wants to carry ${bytes} bytes, allowed are ${CARRIED_BYTES_MAX}`);
    return { delta, carried, threw };
  }
}

/** Its message may hold what stands in a record, which is never logged. */
function nameOf(error: unknown): string {
  return error instanceof Error ? `a ${error.name}` : `a ${typeof error}`;
}
