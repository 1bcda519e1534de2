/**
 * Delivers what a mapping has discarded. A Kafka topic gets it for real; a bucket, a queue or a topic of messages is a folder:
 *
 *   <folder>/<s3|sqs|sns>/<name>/<time>-<uuid>.json     renamed into place when it is whole, readable by its owner only
 *
 * What can't be delivered is lost to the mapping, as on AWS; the log has it until its retention ends.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Producer } from '@platformatic/kafka';
import type { DiscardedBatch } from './decide.ts';
import type { DestinationAddress } from './destination-address.ts';
import {
  buildBatchDocument,
  buildBatchDocumentWithPayload,
  buildRecordDocuments,
  type FailureContext,
  type RecordDocument,
} from './failure-document.ts';

export interface DestinationOptions {
  readonly address: DestinationAddress;
  /** Holds the folders of buckets, queues and topics of messages. */
  readonly folder: string;
  readonly bootstrap: readonly string[];
}

/** Resolves with where it lies, in words. */
export type Deliver = (discarded: DiscardedBatch, context: FailureContext) => Promise<string>;

/** Within the ground's folder. */
export function getDestinationsFolder(folder: string): string {
  return join(folder, 'destinations');
}

/** For people: where it is. */
export function describeDestination({
  address,
  folder,
}: Pick<DestinationOptions, 'address' | 'folder'>): string {
  return address.kind === 'kafka' ? `topic ${address.topic}` : join(folder, address.kind, address.name);
}

const REQUEST_BYTES = 512 * 1024;

export function createDestination({ address, folder, bootstrap }: DestinationOptions): Deliver {
  if (address.kind === 'kafka') return topicOf(address.topic, bootstrap);
  const within = describeDestination({ address, folder });
  const document = address.kind === 's3' ? buildBatchDocumentWithPayload : buildBatchDocument;
  return async (discarded, context) => write(within, document(discarded, context), context.now);
}

function write(folder: string, document: object, now: Date): string {
  const file = join(folder, `${now.toISOString().replaceAll(/[:.]/g, '-')}-${randomUUID()}.json`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(`${file}.new`, `${JSON.stringify(document)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(`${file}.new`, file);
  } catch (error) {
    rmSync(`${file}.new`, { force: true });
    throw error;
  }
  return file;
}

/** With the key that each record had; those without one are spread over the partitions. */
function topicOf(topic: string, bootstrap: readonly string[]): Deliver {
  let producer: Producer<Buffer, Buffer, Buffer, Buffer> | undefined;
  return async (discarded, context) => {
    producer ??= new Producer({
      clientId: 'clickledger-destination',
      bootstrapBrokers: [...bootstrap],
      autocreateTopics: false,
      idempotent: true,
      retries: 3,
    });
    const documents = buildRecordDocuments(discarded, context);
    let refused: unknown;
    for (const some of inRequests(documents)) {
      const messages = some.map(({ key, value }) => ({ topic, value, ...(key !== null && { key }) }));
      await producer.send({ acks: -1, messages }).catch((error: unknown) => {
        refused = error;
      });
    }
    if (refused !== undefined) throw refused;
    return `topic ${topic}, ${documents.length} messages`;
  };
}

/** Requests that a broker takes: it refuses a batch larger than its `message.max.bytes`, of 1 MB by default. */
function* inRequests(documents: readonly RecordDocument[]): Generator<RecordDocument[]> {
  let request: RecordDocument[] = [];
  let bytes = 0;
  for (const document of documents) {
    const size = document.value.length + (document.key?.length ?? 0);
    if (request.length > 0 && bytes + size > REQUEST_BYTES) {
      yield request;
      [request, bytes] = [[], 0];
    }
    request.push(document);
    bytes += size;
  }
  yield request;
}
