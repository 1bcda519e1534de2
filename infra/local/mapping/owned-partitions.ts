/** The owner and the committed offset of each partition of a group, from the last reports of its members. */
import type { PollerStatus } from './poller-process.ts';

/** One partition of the group. */
export interface OwnedPartition {
  /** Undefined while nobody owns it. */
  readonly poller: number | undefined;
  /** The last reported offset, from this owner or the one before. */
  readonly committed: number | undefined;
}

/** By partition. If two members claim a partition, the newer generation counts. */
export function listOwnedPartitions(
  pollers: Iterable<{ readonly number: number; readonly status: PollerStatus | undefined }>,
  committedBefore: ReadonlyMap<number, number>,
): Map<number, OwnedPartition> {
  const owned = new Map<number, OwnedPartition>();
  const newestFirst = [...pollers]
    .flatMap(({ number, status }) => (status === undefined ? [] : [{ number, status }]))
    .sort((a, b) => b.status.generation - a.status.generation);
  for (const { number, status } of newestFirst) {
    for (const { partition, committed } of status.partitions) {
      if (!owned.has(partition)) owned.set(partition, { poller: number, committed });
    }
  }
  for (const [partition, committed] of committedBefore)
    if (!owned.has(partition)) owned.set(partition, { poller: undefined, committed });
  return owned;
}
