/**
 * Third stage: what a team writes. A fold is pure: from the carried state and the events of a batch, in offset order
 * (I5), to the delta and the next carried state. The same input gives the same entry, whoever computes it and how often;
 * that is why a batch may be folded again after a lost race, and an overlapping one by another version of the code.
 */
import type { AnyEvent } from '../contract/contract.ts';
import type { Delta } from './delta.ts';

export interface Fold<State, Event extends AnyEvent = AnyEvent> {
  /** Reads what an earlier entry carried; '' before the first. `open(close(state))` goes on where `state` was. */
  open(carried: string): State;
  /**
   * Adds one event to the delta: counts it at most once, and touches no other. A throw parks its record with `fold.threw`; the
   * batch is folded again without it. Anything else that goes wrong is `fold.broken`, and halts the partition.
   */
  click(state: State, event: Event, delta: Delta): void;
  /** What the next entry starts from: at most `CARRIED_BYTES_MAX` bytes, or ''. */
  close(state: State): string;
}

/**
 * Carried state rides in every entry, so its size is a price per batch: 8 KB is 8 write units, and what a fold should keep to.
 * Above half of the bound an alarm says so, at the bound the partition halts.
 */
export const CARRIED_BYTES_MAX = 16_384;

/** The fold of a group that counts by data alone. */
export const countingFold: Fold<undefined> = {
  open: () => undefined,
  click: (_state, event, delta) => delta.count(event),
  close: () => '',
};
