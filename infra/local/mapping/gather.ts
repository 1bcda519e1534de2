/**
 * Chooses the records of the next payload. Pure functions of the waiting records and their waiting time.
 *
 * A payload is complete when it holds BatchSize records or 6 MB, or when the batching window since its first record has
 * passed (AWS Lambda docs: invocation-eventsourcemapping). Several partitions may share a payload. The fullest partition goes
 * first, so a backlog is delivered in payloads of one partition each, in parallel.
 */
import { countBytes, type FetchedRecord, PAYLOAD_BYTES_MAX } from './kafka-event.ts';
import type { PartitionQueue } from './partition-queue.ts';

interface BatchLimits {
  readonly records: number;
  readonly windowMs: number;
}

export interface Payload {
  readonly parts: readonly { readonly queue: PartitionQueue; readonly records: readonly FetchedRecord[] }[];
}

/** The envelope around the records: event source, bootstrap servers, brackets. */
const ENVELOPE_BYTES = 2_000;

/** @param waitedMs time since the payload's window opened */
export function isComplete(
  queues: readonly PartitionQueue[],
  limits: BatchLimits,
  waitedMs: number,
): boolean {
  let records = 0;
  let bytes = 0;
  for (const queue of queues) {
    records += queue.waiting;
    bytes += queue.waitingBytes;
  }
  if (records === 0) return false;
  return (
    records >= limits.records || bytes >= PAYLOAD_BYTES_MAX - ENVELOPE_BYTES || waitedMs >= limits.windowMs
  );
}

/** @param queues partitions with nothing in flight */
export function gather(queues: readonly PartitionQueue[], limits: BatchLimits): Payload {
  const parts: { queue: PartitionQueue; records: FetchedRecord[] }[] = [];
  let records = limits.records;
  let bytes = PAYLOAD_BYTES_MAX - ENVELOPE_BYTES;
  for (const queue of queues.toSorted((a, b) => b.waiting - a.waiting || a.partition - b.partition)) {
    const taken = queue.take(records, bytes, parts.length === 0);
    if (taken.length === 0) continue;
    parts.push({ queue, records: taken });
    records -= taken.length;
    bytes -= taken.reduce((sum, record) => sum + countBytes(record) + 1, queue.label.length + 6);
  }
  return { parts };
}
