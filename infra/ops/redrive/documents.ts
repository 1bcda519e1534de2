/**
 * The documents that a mapping writes to its S3 destination, one for each discarded batch. Their `payload` is the whole event as an escaped
 * JSON text, so records outlive their retention in the topic (AWS Lambda docs: kafka-on-failure). The local runtime writes the same
 * documents as files. Any other file is named and ignored.
 *
 *   {"requestContext":{"functionArn":…,…},…,"KafkaBatchInfo":{…},"payload":"{\"eventSource\":\"aws:kafka\",…}"}
 */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, paginateListObjectsV2, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { operatorRequests } from '../../../shared/bounded-requests.ts';
import { type KafkaRecord, readEvent } from '../../../shared/event/event.ts';
import { UserError } from '../../terminal/user-error.ts';
import type { FailureDestination, Target } from './target.ts';

export interface Document {
  readonly name: string;
  /** By partition, ascending in offset. */
  readonly records: ReadonlyMap<number, readonly KafkaRecord[]>;
}

/** Why a document is passed over: it is another function's, or nothing that Lambda can have written. */
export interface Passed {
  readonly name: string;
  readonly others: boolean;
  readonly why: string;
}

/** A payload has 6 MB at most, and escaping adds at most a third to base64 and JSON. */
const DOCUMENT_BYTES_MAX = 32 * 1024 * 1024;

export async function* readDocuments(
  destination: FailureDestination,
  target: Pick<Target, 'topic' | 'function' | 'sourceArn'>,
): AsyncGenerator<Document | Passed> {
  try {
    for await (const { name, text } of textsIn(destination))
      yield typeof text === 'string'
        ? readDocument(name, text, target)
        : { name, others: false, why: text.why };
  } catch (error) {
    if (error instanceof UserError) throw error;
    const place = 'bucket' in destination ? `bucket ${destination.bucket}` : destination.folder;
    throw new UserError(`${place} can't be read: ${error instanceof Error ? error.message : error}`, error);
  }
}

export function isPassed(found: Document | Passed): found is Passed {
  return 'why' in found;
}

export function readDocument(
  name: string,
  text: string,
  target: Pick<Target, 'topic' | 'function' | 'sourceArn'>,
): Document | Passed {
  const refused = (why: string, others = false): Passed => ({ name, others, why });
  const document = jsonObject(text);
  if (document === undefined) return refused('it is not a JSON object');
  const { functionArn } = (document['requestContext'] ?? {}) as Record<string, unknown>;
  if (typeof functionArn !== 'string') return refused('it names no function, so it is no document of Lambda');
  if (nameIn(functionArn) !== nameIn(target.function))
    return refused(`it is of function ${nameIn(functionArn)}`, true);
  const payload = document['payload'];
  const event = typeof payload === 'string' ? jsonObject(payload) : undefined;
  if (event === undefined) return refused('its payload is not a JSON text of an event');
  const source = event['eventSourceArn'];
  if (target.sourceArn !== '' && source !== target.sourceArn) return refused(`its event is of ${source}`);
  try {
    return { name, records: recordsOf(readEvent(event).records, target.topic) };
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}

function recordsOf(
  given: Readonly<Record<string, readonly KafkaRecord[]>>,
  topic: string,
): Map<number, KafkaRecord[]> {
  const records = new Map<number, KafkaRecord[]>();
  for (const record of Object.values(given).flat()) {
    const { partition, offset, key, value, headers = [] } = record;
    if (record.topic !== topic) throw new Error(`it has records of topic ${record.topic}`);
    const isText = (given: unknown) => given === undefined || given === null || typeof given === 'string';
    if (!isText(key) || !isText(value) || !Array.isArray(headers))
      throw new Error(`its record at partition ${partition} offset ${offset} is not one that Lambda writes`);
    const list = records.get(partition) ?? [];
    records.set(partition, list);
    list.push(record);
  }
  for (const list of records.values()) {
    list.sort((a, b) => a.offset - b.offset);
    const twice = list.find((record, i) => record.offset === list[i + 1]?.offset);
    if (twice !== undefined) throw new Error(`it has offset ${twice.offset} twice`);
  }
  return records;
}

/** The name in an ARN of a function, or the name itself; without version or alias. */
function nameIn(functionArn: string): string {
  return functionArn.replace(/^.*:function:/, '').replace(/:.*$/, '');
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

type Text = { readonly name: string; readonly text: string | { readonly why: string } };

function textsIn(destination: FailureDestination): AsyncGenerator<Text> {
  return 'bucket' in destination ? objectsIn(destination) : filesIn(destination.folder);
}

async function* filesIn(folder: string): AsyncGenerator<Text> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []; // The mapping has never discarded anything.
    throw error;
  });
  for (const name of names.filter((each) => each.endsWith('.json')).sort()) {
    const file = join(folder, name);
    const { size } = await stat(file);
    yield { name, text: size > DOCUMENT_BYTES_MAX ? tooLarge(size) : await readFile(file, 'utf8') };
  }
}

/** Most documents have up to 8 MB, and this many may be in memory; a bucket of 180 000 would take an hour one by one. */
const OBJECTS_AT_ONCE = 8;

/** In the order in which the bucket lists them. */
async function* objectsIn({
  bucket,
  region,
}: Extract<FailureDestination, { bucket: string }>): AsyncGenerator<Text> {
  const client = new S3Client({ ...(region !== undefined && { region }), ...operatorRequests });
  const asked: Asked[] = [];
  try {
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket }))
      for (const { Key: name = '', Size: size = 0 } of page.Contents ?? []) {
        const text = size > DOCUMENT_BYTES_MAX ? tooLarge(size) : objectText(client, bucket, name);
        // A reader that awaits it gets the error; once the reader has stopped, nobody needs it.
        Promise.resolve(text).catch(() => {});
        asked.push({ name, text });
        if (asked.length === OBJECTS_AT_ONCE) yield* answered(asked.splice(0, 1));
      }
    yield* answered(asked);
  } finally {
    client.destroy();
  }
}

interface Asked {
  readonly name: string;
  readonly text: Text['text'] | Promise<Text['text']>;
}

async function* answered(asked: readonly Asked[]): AsyncGenerator<Text> {
  for (const { name, text } of asked) yield { name, text: await text };
}

/** An error of one object concerns that object only; the others are read. */
async function objectText(client: S3Client, Bucket: string, Key: string): Promise<Text['text']> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToString()) ?? '';
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    if (error.name === 'NoSuchKey') return { why: 'it was removed after it was listed' };
    if (error.name === 'AccessDenied' || error.name === 'InvalidObjectState')
      return { why: `S3 does not hand it out: ${error.name}` };
    throw error;
  }
}

function tooLarge(size: number): { why: string } {
  return { why: `it has ${size} bytes, and Lambda writes none above ${DOCUMENT_BYTES_MAX}` };
}
