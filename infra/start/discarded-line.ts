/** What `npm start` says of a ledger in which offsets of the log are missing: how many, where they are, and what counts them. */
import type { DiscardedRecords } from '../local/mapping/discarded.ts';

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
    `${ledger} is not exact: ${missing} offsets of the log are not in it`,
    `its mapping discarded ${delivered + dropped} records since the start`,
    ...(destination === undefined ? [] : [`${delivered} of them went to ${destination}`]),
    ...(dropped === 0 ? [] : [`${dropped} were dropped and are in the log alone`]),
  ];
  return `${parts.join('; ')}. npm start -- --keep, then npx clickledger redrive --ledger ${ledger} --apply counts them.`;
}
