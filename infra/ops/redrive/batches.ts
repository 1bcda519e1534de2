/**
 * Some offsets of a partition, read again from the log and cut into batches as the mapping would: at most so many records, at most
 * so many bytes. An offset that was read past and held no record is named as empty.
 */
import {
  buildInterval,
  buildOffsetSet,
  countOffsets,
  findGaps,
  findNextOffset,
  hasOffset,
  intersectOffsets,
  type OffsetSet,
  subtractOffsets,
  uniteOffsets,
} from '../../../shared/journal/offsets.ts';
import { formatRecord, PAYLOAD_BYTES_MAX, type RedriveBatch } from './kafka-event.ts';
import type { Target } from './target.ts';

/** What is left of a payload for the envelope, and for as many holes as a batch may have records. */
const ENVELOPE_BYTES = 512 * 1024;
/** Wanted offsets that lie no farther apart are read in one go. */
const SPAN_GAP_MAX = 2_000;
const RECORD_BYTES_GUESSED = 1_024;
const FETCH_BYTES_MIN = 64 * 1024;
const FETCH_BYTES_MAX = 8 * 1024 * 1024;

type Source = Pick<Target, 'topic' | 'batchRecords'> & { readonly log: Pick<Target['log'], 'records'> };

/** @param wanted all of them within the bounds of the log */
export async function* readBatches(
  { topic, batchRecords, log }: Source,
  partition: number,
  wanted: OffsetSet,
): AsyncGenerator<RedriveBatch> {
  let texts: string[] = [];
  let offsets: number[] = [];
  let bytes = 0;
  /** Wanted offsets up to here were read past. */
  let read = wanted[0] ?? 0;
  function taken(upTo: number): RedriveBatch | undefined {
    const range = intersectOffsets(wanted, buildInterval(read, upTo));
    const empty = subtractOffsets(range, buildOffsetSet(offsets));
    const batch = { texts, empty, first: range[0] ?? upTo, last: findNextOffset(range) - 1 };
    [texts, offsets, bytes, read] = [[], [], 0, upTo];
    return countOffsets(range) === 0 ? undefined : batch;
  }
  for (const [start, end] of spansOf(wanted)) {
    const fetchBytes = Math.min(
      FETCH_BYTES_MAX,
      Math.max(FETCH_BYTES_MIN, (end - start) * RECORD_BYTES_GUESSED),
    );
    for await (const record of log.records(partition, { start, end }, fetchBytes)) {
      if (!hasOffset(wanted, record.offset)) continue;
      const text = formatRecord(topic, partition, record);
      const full =
        texts.length === batchRecords || bytes + text.length + 1 > PAYLOAD_BYTES_MAX - ENVELOPE_BYTES;
      const batch = full ? taken(record.offset) : undefined;
      if (batch !== undefined) yield batch;
      texts.push(text);
      offsets.push(record.offset);
      bytes += text.length + 1;
    }
  }
  const last = taken(findNextOffset(wanted));
  if (last !== undefined) yield last;
}

/** From and up to, not including: the wanted offsets, with what is little between them. */
function spansOf(wanted: OffsetSet): [start: number, end: number][] {
  const between = findGaps(wanted);
  let covered = wanted;
  for (let i = 0; i < between.length; i += 2) {
    const [from = 0, to = 0] = between.slice(i, i + 2);
    if (to - from < SPAN_GAP_MAX) covered = uniteOffsets(covered, [from, to]);
  }
  const spans: [number, number][] = [];
  for (let i = 0; i < covered.length; i += 2) spans.push([covered[i] ?? 0, (covered[i + 1] ?? 0) + 1]);
  return spans;
}
