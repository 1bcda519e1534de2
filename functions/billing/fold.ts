/** Billing's fold: every click counts, at its price, in its hour. It carries nothing and keeps nothing personal. */
import type { Fold } from '../../shared/fold/fold.ts';

export const fold: Fold<undefined> = {
  open: () => undefined,
  click: (_state, click, delta) => delta.bill(click),
  close: () => '',
};
