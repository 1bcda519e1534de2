/** Builders that show only what matters to a test. */
import type { KafkaEvent, KafkaRecord } from '../../shared/event/event.ts';

export interface ClickFields {
  v?: unknown;
  clickId?: unknown;
  advertiserId?: unknown;
  adId?: unknown;
  priceMicros?: unknown;
  ip?: unknown;
  [other: string]: unknown;
}

export const START_MS = Date.UTC(2026, 10, 21, 10);

export function aClick(fields: ClickFields = {}): Record<string, unknown> {
  return { v: 1, clickId: 'click-1', advertiserId: 'adv-7', adId: 'ad-1', priceMicros: 250_000, ...fields };
}

export function base64(text: string | Uint8Array): string {
  return Buffer.from(text as string).toString('base64');
}

export function aRecord(
  fields: Partial<KafkaRecord> & { click?: ClickFields; text?: string } = {},
): KafkaRecord {
  const { click, text, ...rest } = fields;
  const offset = rest.offset ?? 0;
  return {
    topic: 'ad_clicks',
    partition: 0,
    offset,
    timestamp: START_MS + offset,
    key: base64('adv-7'),
    value: base64(text ?? JSON.stringify(aClick({ clickId: `click-${offset}`, ...click }))),
    headers: [],
    ...rest,
  };
}

export function anEvent(records: readonly KafkaRecord[], extra: Partial<KafkaEvent> = {}): KafkaEvent {
  const byLabel: Record<string, KafkaRecord[]> = {};
  for (const record of records) {
    const label = `${record.topic}-${record.partition}`;
    const list = byLabel[label] ?? [];
    list.push(record);
    byLabel[label] = list;
  }
  return { records: byLabel, ...extra };
}

/** Records of consecutive offsets, from `first` on. */
export function records(
  first: number,
  count: number,
  fields: Parameters<typeof aRecord>[0] = {},
): KafkaRecord[] {
  return Array.from({ length: count }, (_, i) => aRecord({ ...fields, offset: first + i }));
}
