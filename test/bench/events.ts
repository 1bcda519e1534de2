/** Events as a mapping delivers them, full of clicks of a made-up market. */
import { ClickSource } from '../../infra/local/producer/clicks.ts';
import type { KafkaEvent, KafkaRecord } from '../../shared/event.ts';
import { chanceOf } from '../support/random.ts';

export interface EventShape {
  readonly records: number;
  readonly advertisers: number;
  readonly spread: 'Zipf' | 'uniform';
  readonly seed: number;
  /** Offset of the first record. */
  readonly from?: number;
  readonly partition?: number;
}

export const EVENT_START_MS = Date.UTC(2026, 10, 21, 10);

/** As it is after `JSON.parse`, as a function gets it. */
export function eventOf({
  records,
  advertisers,
  spread,
  seed,
  from = 0,
  partition = 0,
}: EventShape): KafkaEvent {
  const source = new ClickSource({ seed, partitions: 1, advertisers });
  const chance = chanceOf(seed);
  const list = Array.from({ length: records }, (_, i) => {
    const click = source.click(0, from + i);
    if (spread === 'Zipf') return recordOf(click.key, click.value, partition, from + i);
    const key = `adv-${1 + chance.below(advertisers)}`;
    const value = click.value.replace(`"advertiserId":"${click.key}"`, `"advertiserId":"${key}"`);
    return recordOf(key, value, partition, from + i);
  });
  return JSON.parse(
    JSON.stringify({ eventSource: 'aws:kafka', records: { [`ad_clicks-${partition}`]: list } }),
  ) as KafkaEvent;
}

function recordOf(
  key: string,
  value: string,
  partition: number,
  offset: number,
): KafkaRecord & { timestampType: string } {
  return {
    topic: 'ad_clicks',
    partition,
    offset,
    timestamp: EVENT_START_MS + Math.floor(offset / 30),
    timestampType: 'LOG_APPEND_TIME',
    key: Buffer.from(key).toString('base64'),
    value: Buffer.from(value).toString('base64'),
    headers: [],
  };
}
