/** Billing's fold is what its `count` says: every click counts, at its price, in its hour. */
import { countingFold } from '../../shared/fold/fold.ts';

export const fold = countingFold;
