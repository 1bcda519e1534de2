/** Sends odd records among the clicks, one class after the other. */
import { ProduceAcks, Producer } from '@platformatic/kafka';
import type { Seeded } from '../seeded.ts';
import { type OddRecord, oddRecords } from './poison-corpus.ts';

export class Poison {
  readonly #producer: Producer<string, Buffer, string, string>;
  readonly #topic: string;
  readonly #random: Seeded;
  readonly #seen = new Set<string>();
  #partitions: number;
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

  /** How many classes the broker has accepted. */
  get classes(): number {
    return this.#seen.size;
  }

  grow(partitions: number): void {
    this.#partitions = partitions;
  }

  /** Sends `count` odd records in order to one random partition. */
  async send(count: number): Promise<void> {
    const partition = Math.floor(this.#random.next() * this.#partitions);
    const handful = Array.from({ length: count }, () => this.#following());
    const messages = handful.flatMap((odd) =>
      Array.from({ length: odd.times ?? 1 }, () => this.#message(odd, partition)),
    );
    // The broker accepts the large records only when they are compressed.
    await this.#producer.send({ messages, acks: ProduceAcks.ALL, compression: 'gzip' });
    for (const { name } of handful) this.#seen.add(name);
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }

  #following(): OddRecord {
    for (;;) {
      const odd = oddRecords[this.#next++ % oddRecords.length] as OddRecord;
      if (odd.once !== true || !this.#seen.has(odd.name)) return odd;
    }
  }

  #message({ key, value, headers }: OddRecord, partition: number) {
    return {
      topic: this.#topic,
      partition,
      ...(key !== undefined && { key }),
      value: value as Buffer,
      ...(headers !== undefined && { headers }),
    };
  }
}

function text(value?: string): Buffer | undefined {
  return value === undefined ? undefined : Buffer.from(value);
}
