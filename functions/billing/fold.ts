/** What billing's `count` says, as a fold: every click counts, at its price, in its hour. */
export { countingFold as fold } from '../../shared/fold/fold.ts';
