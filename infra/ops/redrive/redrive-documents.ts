/**
 * Applies discarded records from the documents that a mapping wrote. A record that the log still holds is read from the log, after a check
 * that it is the same; only records that retention has removed are read from the document.
 */
import { computeFingerprint } from '../../../shared/contract/decode.ts';
import type { KafkaRecord } from '../../../shared/event/event.ts';
import {
  buildInterval,
  buildOffsetSet,
  hasOffset,
  intersectOffsets,
  noOffsets,
  type OffsetSet,
  subtractOffsets,
  uniteOffsets,
} from '../../../shared/journal/offsets.ts';
import { readBatches } from './batches.ts';
import { type Manner, sendBatch } from './deliver.ts';
import { type Document, isPassed, type Passed, readDocuments } from './documents.ts';
import { formatGivenRecord, PAYLOAD_BYTES_MAX, type RedriveBatch } from './kafka-event.ts';
import { buildAskedOffsets, type OpenWork, type RedriveScope } from './open-work.ts';
import type { FailureDestination, Target } from './target.ts';

export interface DocumentsEnd {
  /** Documents of this ledger's function. */
  documents: number;
  /** Documents of other functions. */
  others: number;
  readonly faulty: Passed[];
  /** By partition: offsets of documents that the ledger had not resolved. */
  readonly open: Map<number, OffsetSet>;
  /** By partition: what ended it early. */
  readonly failed: Map<number, string>;
}

/** @param work with states that were read just before */
export async function redriveDocuments(
  target: Target & { readonly destination: FailureDestination },
  work: readonly OpenWork[],
  scope: RedriveScope,
  manner: Manner,
): Promise<DocumentsEnd> {
  const end: DocumentsEnd = { documents: 0, others: 0, faulty: [], open: new Map(), failed: new Map() };
  for await (const found of readDocuments(target.destination, target)) {
    manner.signal.throwIfAborted();
    if (isPassed(found)) {
      if (found.others) end.others += 1;
      else end.faulty.push(found);
      continue;
    }
    end.documents += 1;
    try {
      await redriveDocument(target, found, work, scope, manner, end);
    } catch (error) {
      if (!(error instanceof Unlike)) throw error;
      end.faulty.push({ name: found.name, others: false, why: error.message });
    }
  }
  return end;
}

/** A document that is not of this log. */
class Unlike extends Error {}

async function redriveDocument(
  target: Target,
  document: Document,
  work: readonly OpenWork[],
  scope: RedriveScope,
  manner: Manner,
  end: DocumentsEnd,
): Promise<void> {
  for (const [partition, records] of document.records) {
    const of = work.find((each) => each.partition === partition);
    if (of === undefined && scope.partition === undefined)
      throw new Unlike(`it has records of partition ${partition}, which ${target.topic} has not`);
    if (of === undefined || end.failed.has(partition)) continue;
    const { bounds, state } = of;
    const last = records.at(-1)?.offset ?? -1;
    if (last >= bounds.end)
      throw new Unlike(`it has offset ${last} of partition ${partition}, and the log ends at ${bounds.end}`);
    const given = intersectOffsets(
      buildOffsetSet(records.map(({ offset }) => offset)),
      buildAskedOffsets(scope),
    );
    const open = subtractOffsets(given, state.resolved);
    const inLog = intersectOffsets(open, buildInterval(bounds.start, bounds.end));
    const batches = [
      ...(await logBatches(target, partition, inLog, records)),
      ...documentBatches(target, records, subtractOffsets(open, inLog)),
    ];
    end.open.set(partition, uniteOffsets(end.open.get(partition) ?? noOffsets, open));
    for (const batch of manner.apply ? batches : []) {
      const { failed } = await sendBatch(target, { partition, asked: undefined }, batch, manner.signal);
      if (failed !== undefined) end.failed.set(partition, failed);
      if (failed !== undefined) break;
      manner.progress(batch.texts.length);
    }
  }
}

/** From the log, which decides: a document that differs belongs to another log. */
async function logBatches(
  target: Target,
  partition: number,
  wanted: OffsetSet,
  records: readonly KafkaRecord[],
): Promise<RedriveBatch[]> {
  const given = new Map(records.map((record) => [record.offset, record]));
  const batches: RedriveBatch[] = [];
  for await (const batch of readBatches(target, partition, wanted)) {
    if (batch.empty.length > 0)
      throw new Unlike(`the log holds no record at partition ${partition} offset ${batch.empty[0]}`);
    for (const text of batch.texts) {
      const held = JSON.parse(text) as KafkaRecord;
      const same = given.get(held.offset);
      if (same === undefined || computeFingerprint(same) !== computeFingerprint(held))
        throw new Unlike(`the log holds another record at partition ${partition} offset ${held.offset}`);
    }
    batches.push(batch);
  }
  return batches;
}

function documentBatches(
  { batchRecords }: Pick<Target, 'batchRecords'>,
  records: readonly KafkaRecord[],
  wanted: OffsetSet,
): RedriveBatch[] {
  const batches: RedriveBatch[] = [];
  let texts: string[] = [];
  let first = 0;
  let bytes = 0;
  const close = (last: number) => {
    if (texts.length > 0) batches.push({ texts, empty: noOffsets, first, last });
    [texts, bytes] = [[], 0];
  };
  for (const record of records) {
    if (!hasOffset(wanted, record.offset)) continue;
    const text = formatGivenRecord(record);
    if (texts.length === batchRecords || bytes + text.length > PAYLOAD_BYTES_MAX - ENVELOPE_BYTES)
      close(record.offset - 1);
    if (texts.length === 0) first = record.offset;
    texts.push(text);
    bytes += text.length + 1;
  }
  close(records.at(-1)?.offset ?? first);
  return batches;
}

const ENVELOPE_BYTES = 16 * 1024;
