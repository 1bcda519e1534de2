/**
 * The second stage for a whole delivery: every record becomes an event or is rejected, as the plain reading has it. The values are decoded
 * from base64 into one buffer, each followed by a sentinel, and read there by the scanner; what that does not know, the plain reading judges.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import type { ProducerTimes } from '../config.ts';
import type { KafkaRecord } from '../event/event.ts';
import type { AnyEvent, Contract, EventOf } from './contract.ts';
import { isRejected, PlainReader, type Rejected, readTime } from './decode.ts';
import { Scanner, SENTINEL } from './scan-event.ts';

/** What reads the records of a contract; made once, and used for one delivery after another. */
export interface Decoder<E extends AnyEvent = AnyEvent> {
  /** In the order of the records. */
  readonly decodeBatch: (records: readonly KafkaRecord[]) => (E | Rejected)[];
  /** The plain reading of one record, which means the same. */
  readonly decode: (record: KafkaRecord) => E | Rejected;
}

/** @param counted names of fields whose texts are many times the same */
export function createDecoder<const C extends Contract>(
  contract: C,
  counted: readonly string[] = [],
): Decoder<EventOf<C> & AnyEvent> {
  const plain = new PlainReader(contract);
  const scanner = new Scanner(contract, counted);
  const decoder: Decoder = {
    decode: (record) => plain.decode(record),
    decodeBatch: (records) => decodeAll(records, plain, scanner),
  };
  return decoder as Decoder<EventOf<C> & AnyEvent>; // By the contract, which the compiler can't follow through its tables.
}

function decodeAll(
  records: readonly KafkaRecord[],
  plain: PlainReader,
  scanner: Scanner,
): (AnyEvent | Rejected)[] {
  const bytes = Buffer.allocUnsafeSlow(records.reduce((sum, { value }) => sum + bytesMax(value) + 1, 0));
  const ends = new Uint32Array(records.length);
  let end = 0;
  for (let i = 0; i < records.length; i++) {
    end += bytesWritten(bytes, end, (records[i] as KafkaRecord).value);
    ends[i] = end;
    bytes[end++] = SENTINEL;
  }
  const ascii = isAscii(bytes.subarray(0, end));
  scanner.begin(bytes, records.length);
  return records.map((record, i) => {
    const from = i === 0 ? 0 : (ends[i - 1] as number) + 1;
    const to = ends[i] as number;
    const readable = to > from && readTime(record) >= 0 && (ascii || isUtf8(bytes.subarray(from, to)));
    if (!readable) return plain.decode(record);
    return (
      scanner.scan(record, i, from, to) ??
      plain.decodeText(record, bytes.toString(ascii ? 'latin1' : 'utf8', from, to))
    );
  });
}

/**
 * What of a producer's times is believed, by the clock at hand. Another invocation may judge the same record otherwise; the entry
 * that resolves its offset decides, once (I1).
 */
export function checkTimes(
  decoded: (AnyEvent | Rejected)[],
  times: ProducerTimes | undefined,
  now: number,
): (AnyEvent | Rejected)[] {
  if (times === undefined) return decoded;
  return decoded.map((item) => {
    const time = readTime(item.record);
    if (time > now + times.aheadMaxMs) return { record: item.record, rejected: 'record.ahead' };
    if (isRejected(item) || time >= now - times.retentionMs) return item;
    return { record: item.record, rejected: 'record.old' };
  });
}

function bytesMax(value: KafkaRecord['value']): number {
  return typeof value === 'string' ? Math.ceil(value.length / 4) * 3 : 0;
}

/**
 * Decodes a value to where it belongs; 0 for one that is not plain, padded base64. Node skips what is no base64, so that fewer
 * bytes than the length promises come of it, and takes the letters of base64url too.
 */
function bytesWritten(bytes: Buffer, at: number, value: KafkaRecord['value']): number {
  if (typeof value !== 'string' || value.length % 4 !== 0 || value.includes('-') || value.includes('_'))
    return 0;
  const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0;
  const length = (value.length / 4) * 3 - padding;
  return bytes.write(value, at, 'base64') === length ? length : 0;
}
