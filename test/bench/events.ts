/** Events as a mapping delivers them, full of clicks of a made-up market. */
import { ClickSource } from '../../infra/local/producer/clicks.ts';
import type { KafkaEvent, KafkaRecord } from '../../shared/event/event.ts';
import { chanceOf } from '../support/random.ts';

export interface EventShape {
  readonly records: number;
  readonly advertisers: number;
  readonly spread: 'Zipf' | 'uniform';
  readonly seed: number;
  /** Offset of the first record. */
  readonly from?: number;
  readonly partition?: number;
  /** The log's clicks of an hour; a backlog that is drained late has many hours in an event. */
  readonly clicksPerHour?: number;
}

const CLICKS_PER_HOUR = 30_000 * 3_600;

export const EVENT_START_MS = Date.UTC(2026, 10, 21, 10);

/** As it is after `JSON.parse`, as a function gets it. */
export function eventOf({
  records,
  advertisers,
  spread,
  seed,
  from = 0,
  partition = 0,
  clicksPerHour = CLICKS_PER_HOUR,
}: EventShape): KafkaEvent {
  const source = new ClickSource({ seed, partitions: 1, advertisers });
  const chance = chanceOf(seed);
  const list = Array.from({ length: records }, (_, i) => {
    const at = {
      partition,
      offset: from + i,
      timestamp: EVENT_START_MS + Math.floor(((from + i) * 3_600_000) / clicksPerHour),
    };
    const click = source.click(0, from + i);
    if (spread === 'Zipf') return recordOf(at, click.key, click.value);
    const key = `adv-${1 + chance.below(advertisers)}`;
    const value = click.value.replace(`"advertiserId":"${click.key}"`, `"advertiserId":"${key}"`);
    return recordOf(at, key, value);
  });
  return JSON.parse(
    JSON.stringify({ eventSource: 'aws:kafka', records: { [`ad_clicks-${partition}`]: list } }),
  ) as KafkaEvent;
}

function recordOf(
  at: Pick<KafkaRecord, 'partition' | 'offset' | 'timestamp'>,
  key: string,
  value: string,
): KafkaRecord & { timestampType: string } {
  return {
    topic: 'ad_clicks',
    ...at,
    timestampType: 'LOG_APPEND_TIME',
    key: Buffer.from(key).toString('base64'),
    value: Buffer.from(value).toString('base64'),
    headers: [],
  };
}
