/**
 * Counts a topic again from its log, with code that shares nothing with the pipe: its own reading, its own parsing, its own
 * pricing, by the contract of the click (docs/click-contract.md). What comes out is what every ledger of the topic has to
 * hold once it is drained. No room of the project is imported here.
 */
import { Consumer, ListOffsetTimestamps } from '@platformatic/kafka';

export interface Recount {
  readonly records: number;
  readonly clicks: number;
  readonly micros: bigint;
  /** Records that are no clicks, as `<partition>/<offset>`. */
  readonly rejected: readonly string[];
  /** By `<hour> <advertiser>`. */
  readonly lines: ReadonlyMap<string, { readonly clicks: bigint; readonly micros: bigint }>;
}

interface Line {
  clicks: bigint;
  micros: bigint;
}

const FETCH_BYTES = 8 * 1024 * 1024;
const TIMESTAMP_TYPE_BIT = 0b1000;
const CONTROL_BIT = 0b100000;

/** Reads every partition from its oldest record to where it ends now. */
export async function recountTopic(bootstrap: readonly string[], topic: string): Promise<Recount> {
  const clientId = 'clickledger-recount';
  const consumer = new Consumer({
    clientId,
    groupId: clientId,
    bootstrapBrokers: [...bootstrap],
    retries: 5,
    retryDelay: 300,
  });
  consumer.topics.track(topic);
  const lines = new Map<string, Line>();
  const tally = { records: 0, clicks: 0, micros: 0n, rejected: [] as string[] };
  try {
    const starts = await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.EARLIEST });
    const ends = await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST });
    for (const [partition, end] of (ends.get(topic) ?? []).entries()) {
      const start = starts.get(topic)?.[partition] ?? 0n;
      for await (const { offset, time, value } of valuesOf(consumer, topic, partition, start, end)) {
        tally.records += 1;
        const click = priced(time, value);
        if (click === undefined) {
          tally.rejected.push(`${partition}/${offset}`);
          continue;
        }
        tally.clicks += 1;
        tally.micros += click.price;
        const line = lines.get(click.line) ?? { clicks: 0n, micros: 0n };
        line.clicks += 1n;
        line.micros += click.price;
        lines.set(click.line, line);
      }
    }
  } finally {
    await consumer.close();
  }
  return { ...tally, lines };
}

async function* valuesOf(consumer: Consumer, topic: string, partition: number, start: bigint, end: bigint) {
  for (let next = start; next < end; ) {
    const metadata = await consumer.metadata({ topics: [topic] });
    const described = metadata.topics.get(topic);
    const response = await consumer.fetch({
      node: described?.partitions[partition]?.leader ?? 0,
      topics: [
        {
          topicId: described?.id ?? '',
          partitions: [
            {
              partition,
              fetchOffset: next,
              currentLeaderEpoch: -1,
              lastFetchedEpoch: -1,
              partitionMaxBytes: FETCH_BYTES,
            },
          ],
        },
      ],
      maxBytes: FETCH_BYTES,
      maxWaitTime: 500,
      minBytes: 1,
    });
    const found = response.responses
      .flatMap(({ partitions }) => partitions)
      .find((each) => each.partitionIndex === partition);
    for (const batch of found?.records ?? []) {
      const stamped = (batch.attributes & TIMESTAMP_TYPE_BIT) !== 0;
      for (const record of (batch.attributes & CONTROL_BIT) === 0 ? batch.records : []) {
        const offset = batch.firstOffset + BigInt(record.offsetDelta);
        const time = stamped ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta;
        if (offset >= next && offset < end) yield { offset, time: Number(time), value: record.value };
      }
      const after = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
      if (after > next) next = after;
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The line that a record is booked to and its price, or undefined for one that is no click by the contract. */
export function priced(time: number, value: Buffer | null): { line: string; price: bigint } | undefined {
  if (value === null || !Number.isInteger(time) || time < 0 || time >= Date.UTC(10_000, 0)) return undefined;
  let text: string;
  let click: unknown;
  try {
    text = utf8.decode(value);
    click = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof click !== 'object' || click === null || Array.isArray(click)) return undefined;
  const { v, clickId, adId, advertiserId, ip } = click as Record<string, unknown>;
  if (v !== 1 || !isNamed(clickId, 1, 128) || !isNamed(adId, 1, 128)) return undefined;
  if (ip !== undefined && !isNamed(ip, 2, 45)) return undefined;
  if (!isNamed(advertiserId, 1, 64) || !/^[A-Za-z0-9][-A-Za-z0-9._:]*$/.test(advertiserId)) return undefined;
  const literal = topLevelLiteral(text, 'priceMicros');
  if (literal === undefined || !/^(0|[1-9]\d{0,9})$/.test(literal) || BigInt(literal) > 1_000_000_000n)
    return undefined;
  return { line: `${new Date(time).toISOString().slice(0, 13)} ${advertiserId}`, price: BigInt(literal) };
}

function isNamed(value: unknown, shortest: number, longest: number): value is string {
  return typeof value === 'string' && value.length >= shortest && value.length <= longest;
}

/** How the value of a key of the outermost object is spelt, in a text known to be JSON; the last one if it is repeated. */
function topLevelLiteral(text: string, wanted: string): string | undefined {
  let found: string | undefined;
  let depth = 0;
  let key: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      const end = endOfString(text, i);
      if (depth === 1 && key === undefined) key = JSON.parse(text.slice(i, end + 1)) as string;
      i = end;
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (depth === 1 && character === ',') key = undefined;
    else if (depth === 1 && character === ':' && key === wanted) found = literalAfter(text, i + 1);
  }
  return found;
}

function literalAfter(text: string, start: number): string | undefined {
  const literal = /\s*([^\s,}]*)/y;
  literal.lastIndex = start;
  return literal.exec(text)?.[1];
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; ; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '"') return i;
  }
}
