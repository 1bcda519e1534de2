/** Records that are no clicks, of every class that the contract of the click refuses, sent among the clicks. */
import { ProduceAcks, Producer } from '@platformatic/kafka';
import type { Seeded } from './seeded.ts';

const click = { v: 1, clickId: 'poison', advertiserId: 'adv-1', adId: 'ad-1', priceMicros: 1_000 };

const values: readonly (Buffer | string | undefined)[] = [
  undefined,
  '',
  '{"v":1,"clickId":"half',
  '[]',
  'null',
  '"text"',
  Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  `\ufeff${JSON.stringify(click)}`,
  '['.repeat(10_000),
  JSON.stringify({ ...click, v: 99 }),
  JSON.stringify({ ...click, advertiserId: 'a#b' }),
  JSON.stringify({ ...click, advertiserId: '__proto__' }),
  JSON.stringify({ ...click, clickId: 7 }),
  JSON.stringify({ ...click, priceMicros: '12' }),
  JSON.stringify({ ...click, priceMicros: -1 }),
  JSON.stringify({ ...click, priceMicros: 0.5 }),
  JSON.stringify({ ...click, priceMicros: undefined }),
  JSON.stringify(click).replace('1000}', '1e3}'),
  JSON.stringify(click).replace('1000}', '9007199254740993}'),
  JSON.stringify(click).replace('1000}', '1000,"priceMicros":999.99999999999999999}'),
];

export class Poison {
  readonly #producer: Producer<string, Buffer, string, string>;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #random: Seeded;
  #next = 0;

  constructor(bootstrap: readonly string[], topic: string, partitions: number, random: Seeded) {
    this.#topic = topic;
    this.#partitions = partitions;
    this.#random = random;
    this.#producer = new Producer({
      clientId: 'clickledger-poison',
      bootstrapBrokers: [...bootstrap],
      retries: 10,
      retryDelay: 300,
      serializers: { value: (value?: Buffer) => value, key: text, headerKey: text, headerValue: text },
    });
  }

  /** Each class in turn. */
  async send(count: number): Promise<void> {
    const messages = Array.from({ length: count }, () => {
      const value = values[this.#next++ % values.length];
      const partition = Math.floor(this.#random.next() * this.#partitions);
      return {
        topic: this.#topic,
        partition,
        value: (typeof value === 'string' ? Buffer.from(value) : value) as Buffer,
      };
    });
    await this.#producer.send({ messages, acks: ProduceAcks.ALL });
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }
}

function text(value?: string): Buffer | undefined {
  return value === undefined ? undefined : Buffer.from(value);
}
