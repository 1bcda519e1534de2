/** Hands offsets of a partition to the ledger's function once more, batch by batch in their order; or only looks what they hold. */
import {
  buildInterval,
  countOffsets,
  findNextOffset,
  noOffsets,
  type OffsetSet,
  subtractOffsets,
  uniteOffsets,
} from '../../../shared/journal/offsets.ts';
import { readBatches } from './batches.ts';
import { callFunction } from './called-function.ts';
import {
  type AskedRecords,
  buildEventPayload,
  PAYLOAD_BYTES_MAX,
  type RedriveBatch,
  type RedriveSource,
} from './kafka-event.ts';
import type { Target } from './target.ts';

export interface Work {
  readonly partition: number;
  readonly wanted: OffsetSet;
  /** `close`: offsets without a record are closed as void where they are in a gap. */
  readonly asked: AskedRecords;
}

export interface Manner {
  /** False: nothing is called. */
  readonly apply: boolean;
  readonly signal: AbortSignal;
  /** So many offsets more are done. */
  readonly progress: (offsets: number) => void;
}

export interface Delivered {
  readonly records: number;
  /** Of the offsets, those that hold no record. */
  readonly empty: OffsetSet;
  /** Of records that no event can hold. */
  readonly tooLarge: OffsetSet;
  readonly requests: readonly string[];
  /** What ended it early, and where. */
  readonly failed: { readonly at: number; readonly why: string } | undefined;
}

const UNPARKED_AT_ONCE = 990;
/** Without the envelope. A mapping has no more room either, and discards such a record (AWS Lambda docs: kafka-on-failure). */
const RECORD_BYTES_MAX = PAYLOAD_BYTES_MAX - 4 * 1024;

export async function deliverBatches(target: Target, work: Work, manner: Manner): Promise<Delivered> {
  const { partition, wanted } = work;
  const requests: string[] = [];
  let records = 0;
  let empty: OffsetSet = noOffsets;
  let tooLarge: OffsetSet = noOffsets;
  // An entry settles 99 parked records, so a call with many of them would fold them many times over.
  const batchRecords =
    work.asked === 'unpark' ? Math.min(target.batchRecords, UNPARKED_AT_ONCE) : target.batchRecords;
  for await (const batch of readBatches({ ...target, batchRecords }, partition, wanted)) {
    manner.signal.throwIfAborted();
    if (batch.texts.length === 1 && (batch.texts[0] ?? '').length > RECORD_BYTES_MAX) {
      const { offset } = JSON.parse(batch.texts[0] ?? '') as { offset: number };
      tooLarge = uniteOffsets(tooLarge, [offset, offset]);
    } else if (manner.apply) {
      const sent = await sendBatch(target, work, batch, manner.signal);
      requests.push(...sent.requests);
      if (sent.failed !== undefined)
        return { records, empty, tooLarge, requests, failed: { at: batch.first, why: sent.failed } };
    }
    records += batch.texts.length;
    empty = uniteOffsets(empty, batch.empty);
    manner.progress(batch.texts.length + countOffsets(batch.empty));
  }
  return { records, empty, tooLarge, requests, failed: undefined };
}

/** One batch, from the log or from a document. */
export async function sendBatch(
  target: Target,
  { partition, asked }: Omit<Work, 'wanted'>,
  batch: RedriveBatch,
  signal: AbortSignal,
): Promise<{ requests: readonly string[]; failed: string | undefined }> {
  const empty = asked !== 'close' ? noOffsets : await stillInLog(target, partition, batch.empty);
  if (batch.texts.length === 0 && empty.length === 0) return { requests: [], failed: undefined };
  const payload = buildEventPayload(buildEventSource(target, partition), { ...batch, empty }, asked);
  return callFunction(target.functions, target.function, payload, signal);
}

export function buildEventSource({ topic, sourceArn, kafka }: Target, partition: number): RedriveSource {
  return { topic, partition, sourceArn, bootstrap: kafka.bootstrapBrokers.join(',') };
}

/** Retention may have passed by since the log was read: what left it meanwhile was perhaps a record. */
async function stillInLog({ log }: Target, partition: number, empty: OffsetSet): Promise<OffsetSet> {
  if (empty.length === 0) return empty;
  const start = (await log.bounds())[partition]?.start ?? findNextOffset(empty);
  return subtractOffsets(empty, buildInterval(0, start));
}
