/** The events of test/fixtures, and what every ledger has to hold of each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaEvent } from '../../shared/event/event.ts';

export interface Held {
  readonly journal: string;
  readonly resolved: string;
  readonly clicks: bigint;
  readonly micros: bigint;
  /** By `<hour> <advertiser>`. */
  readonly lines: Readonly<Record<string, readonly [clicks: number, micros: number]>>;
  /** By offset. */
  readonly parked: Readonly<Record<number, string>>;
}

export function publishedEvent(name: string): KafkaEvent & Record<string, unknown> {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../fixtures/${name}.json`), 'utf8'));
}

/**
 * The event as it comes from the topic of the groups, whose broker stamps the records, with its partitions so far from those of other events.
 * Labels, keys, values and headers stay.
 */
export function eventOfGroup(name: string, shift: number): KafkaEvent & Record<string, unknown> {
  const { records, ...envelope } = publishedEvent(name);
  const moved = Object.entries(records).map(([label, list]) => [
    label,
    list.map((record) => ({
      ...record,
      topic: 'ad_clicks',
      partition: record.partition + shift,
      timestampType: 'LOG_APPEND_TIME',
    })),
  ]);
  return { ...envelope, records: Object.fromEntries(moved) };
}

/** Where the clicks of `held` are then counted. */
export function journalOfGroup({ journal }: Pick<Held, 'journal'>, shift: number): string {
  return `ad_clicks@1#${Number(journal.slice(journal.indexOf('#') + 1)) + shift}`;
}

export const publishedEvents: Readonly<Record<string, readonly Held[]>> = {
  msk: [
    {
      journal: 'clicks@1#0',
      resolved: '15',
      clicks: 1n,
      micros: 250_000n,
      lines: { '2026-11-21T10 adv-7': [1, 250_000] },
      parked: {},
    },
  ],
  'self-managed': [
    {
      journal: 'shop.clicks-v1@1#3',
      resolved: '0-1',
      clicks: 2n,
      micros: 1_000_000_000n,
      lines: { '2026-11-21T10 adv-7': [1, 1], '2026-11-21T10 adv-8': [1, 999_999_999] },
      parked: {},
    },
  ],
  'label-of-two-digits': [
    {
      journal: 'mytopic@1#0',
      resolved: '7',
      clicks: 1n,
      micros: 333_333n,
      lines: { '2026-11-21T09 adv-7': [1, 333_333] },
      parked: {},
    },
  ],
  'several-partitions': [
    {
      journal: 'ad_clicks@1#0',
      resolved: '100-106',
      clicks: 3n,
      micros: 30_000_009n,
      lines: { '2026-11-21T10 adv-9': [1, 30_000_000], '2026-11-21T11 adv-9': [2, 9] },
      parked: { 102: 'value.missing', 103: 'value.missing', 104: 'value.json', 106: 'price.integer' },
    },
    {
      journal: 'ad_clicks@1#12',
      resolved: '0-1',
      clicks: 2n,
      micros: 770n,
      lines: { '2026-11-21T10 adv-7': [2, 770] },
      parked: {},
    },
  ],
};
