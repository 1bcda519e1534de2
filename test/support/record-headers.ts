/** Headers of a record as Lambda delivers it, read back. */
import type { KafkaRecord } from '../../shared/event/event.ts';

/** In order. Lambda sends bytes as signed numbers (`ë` is [-61, -85]); Buffer wraps them back. */
export function headersOf(record: KafkaRecord): [name: string, value: Buffer][] {
  return (record.headers ?? []).flatMap((header) =>
    Object.entries(header).map(([name, bytes]): [string, Buffer] => [name, Buffer.from(bytes)]),
  );
}
