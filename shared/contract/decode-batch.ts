/**
 * The second stage for a whole delivery: every record becomes a click or is rejected, as `decode` has it. The values are decoded
 * from base64 into one buffer, each followed by a sentinel, and read there by `scanClick`; what that does not know, `decode` judges.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import type { ProducerTimes } from '../config.ts';
import type { KafkaRecord } from '../event/event.ts';
import { type Click, decode, decodeText, isRejected, type Rejected, readTime } from './decode.ts';
import { SENTINEL, scanClick } from './scan-click.ts';

/** In the order of the records. */
export function decodeBatch(records: readonly KafkaRecord[]): (Click | Rejected)[] {
  const bytes = Buffer.allocUnsafeSlow(records.reduce((sum, { value }) => sum + bytesMax(value) + 1, 0));
  const ends = new Uint32Array(records.length);
  let end = 0;
  for (let i = 0; i < records.length; i++) {
    end += bytesWritten(bytes, end, (records[i] as KafkaRecord).value);
    ends[i] = end;
    bytes[end++] = SENTINEL;
  }
  const ascii = isAscii(bytes.subarray(0, end));
  return records.map((record, i) => {
    const from = i === 0 ? 0 : (ends[i - 1] as number) + 1;
    const to = ends[i] as number;
    const readable = to > from && readTime(record) >= 0 && (ascii || isUtf8(bytes.subarray(from, to)));
    if (!readable) return decode(record);
    return (
      scanClick(record, bytes, from, to) ??
      decodeText(record, bytes.toString(ascii ? 'latin1' : 'utf8', from, to))
    );
  });
}

/**
 * What of a producer's times is believed, by the clock at hand. Another invocation may judge the same record otherwise; the entry
 * that resolves its offset decides, once (I1).
 */
export function checkTimes(
  decoded: (Click | Rejected)[],
  times: ProducerTimes | undefined,
  now: number,
): (Click | Rejected)[] {
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
