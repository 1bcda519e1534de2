/** Records at a steady pace, evenly to all partitions, from the lab's own process. */
import { setTimeout as pause } from 'node:timers/promises';
import { ProduceAcks, Producer } from '@platformatic/kafka';

const TICK_MS = 20;

export class SteadyProducer {
  readonly #producer: Producer<Buffer, Buffer, Buffer, Buffer>;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #rate: number;
  readonly #ended: Promise<void>;
  #stopping = false;

  constructor(bootstrap: string, topic: string, partitions: number, rate: number) {
    this.#topic = topic;
    this.#partitions = partitions;
    this.#rate = rate;
    this.#producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'clickledger-lab',
      bootstrapBrokers: [bootstrap],
      autocreateTopics: false,
    });
    this.#ended = this.#produce();
    this.#ended.catch(() => {});
  }

  /** Rejects where it could not produce. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ended.finally(() => this.#producer.close());
  }

  async #produce(): Promise<void> {
    const began = performance.now();
    const value = Buffer.from('{}');
    for (let sent = 0; !this.#stopping; ) {
      const due = Math.floor(((performance.now() - began) * this.#rate) / 1000);
      const messages = Array.from({ length: due - sent }, (_, i) => ({
        topic: this.#topic,
        partition: (sent + i) % this.#partitions,
        value,
      }));
      if (messages.length > 0) await this.#producer.send({ messages, acks: ProduceAcks.LEADER });
      sent = due;
      await pause(TICK_MS);
    }
  }
}
