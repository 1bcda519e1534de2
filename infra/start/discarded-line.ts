/** What `npm start` says of a ledger in which offsets of the log are missing: how many, where they are, and what counts them. */

import type { DiscardedRecords } from '../local/mapping/discarded.ts';
import { formatCount, formatQuantity } from '../terminal/text.ts';

/**
 * Undefined where nothing is missing.
 * @param missing offsets of the log that are neither applied nor parked
 */
export function formatDiscardedLine(
  ledger: string,
  missing: number,
  { delivered, dropped, destination }: Pick<DiscardedRecords, 'delivered' | 'dropped' | 'destination'>,
): string | undefined {
  if (missing === 0) return undefined;
  const parts = [
    `${ledger} is not exact: it lacks ${formatQuantity(missing, 'offset')} of the log`,
    `its mapping discarded ${formatQuantity(delivered + dropped, 'record')} since the start`,
    ...(destination === undefined ? [] : [`${formatCount(delivered)} went to ${destination}`]),
    ...(dropped === 0 ? [] : [`dropped, and in the log alone: ${formatCount(dropped)}`]),
  ];
  return `${parts.join('; ')}. npm start -- --keep, then npx clickledger redrive --ledger ${ledger} --apply counts them.`;
}
