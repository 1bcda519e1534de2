/** Who owns which partition of a group, and how far it is, put together from what its members reported last. */
import type { PollerStatus } from './poller-process.ts';

/** What is known of one partition of the group. */
export interface OwnedPartition {
  /** Undefined while nobody owns it. */
  readonly poller: number | undefined;
  /** What was heard last, of this owner or the one before. */
  readonly committed: number | undefined;
}

/** By partition; where two members claim one, the newer generation counts. */
export function listOwnedPartitions(
  pollers: Iterable<{ readonly number: number; readonly status: PollerStatus | undefined }>,
  committedBefore: ReadonlyMap<number, number>,
): Map<number, OwnedPartition> {
  const owned = new Map<number, OwnedPartition>();
  const newestFirst = [...pollers].sort(
    (a, b) => (b.status?.generation ?? -1) - (a.status?.generation ?? -1),
  );
  for (const { number, status } of newestFirst) {
    for (const { partition, committed } of status?.partitions ?? []) {
      if (!owned.has(partition)) owned.set(partition, { poller: number, committed });
    }
  }
  for (const [partition, committed] of committedBefore)
    if (!owned.has(partition)) owned.set(partition, { poller: undefined, committed });
  return owned;
}
