/**
 * Delivers discarded batches to the mapping's destination. A Kafka topic is a real topic. An S3 bucket, an SQS queue or
 * an SNS topic is a folder:
 *
 *   <folder>/<s3|sqs|sns>/<name>/<time>-<uuid>.json     renamed into place when complete, readable by its owner only
 *
 * A batch that can't be delivered is lost to the mapping, as on AWS. The log holds its records until their retention ends.
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
  /** The parent folder of the folders of buckets, queues and SNS topics. */
  readonly folder: string;
  readonly bootstrap: readonly string[];
}

/** Resolves with the place of the delivered batch, for people. */
type Deliver = (discarded: DiscardedBatch, context: FailureContext) => Promise<string>;

/** Within the folder of the local runtime. */
export function getDestinationsFolder(folder: string): string {
  return join(folder, 'destinations');
}

/** The place of a destination, for people. */
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

/** Sends each record with its own key; records without a key are spread over the partitions. */
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

/** Splits documents into requests that a broker accepts: it refuses a batch larger than `message.max.bytes`, by default 1 MB. */
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
