/** What flows: clicks at a steady rate, odd records where an action asks for them, and one more partition at some time. */
import { Poison } from '../../infra/local/faults/poison.ts';
import { useAdmin } from '../../infra/local/faults/with-admin.ts';
import type { LocalRuntime } from '../../infra/local/local-runtime.ts';
import { ClickProducer } from '../../infra/local/producer/click-producer.ts';
import type { Seeded } from '../../infra/local/seeded.ts';
import type { Events } from './events.ts';
import type { Profile } from './profile.ts';

const ADVERTISERS = 500;
/** Clicks come faster than the profile asks for, since the broker is away at times. */
const RATE_AHEAD = 1.5;
/** Of the rate, once all of that has come: enough for faults to meet, and nothing that a slow machine can't catch up with. */
const AFTERWARDS = 0.2;

interface LoadParts {
  readonly localRuntime: LocalRuntime;
  readonly profile: Profile;
  readonly seed: number;
  readonly random: Seeded;
  readonly events: Events;
}

export class Load {
  readonly poison: Poison;
  readonly topic: string;
  readonly configs: { readonly name: string; readonly value: string }[];
  readonly #parts: LoadParts;
  #partitions: number;
  #producer: ClickProducer;
  #rate: number;
  #eased = false;

  constructor(parts: LoadParts) {
    const { localRuntime, random, profile } = parts;
    const { mappings, topics } = localRuntime.plan;
    const topic = topics.find(({ name }) => name === mappings[0]?.topic);
    if (topic === undefined) throw new Error('the templates have no topic that a group reads');
    this.#parts = parts;
    this.topic = topic.name;
    this.configs = Object.entries(topic.configs).map(([name, value]) => ({ name, value }));
    this.#partitions = topic.partitions;
    this.#rate = Math.ceil((RATE_AHEAD * profile.clicks * 1000) / profile.faultsForMs);
    this.poison = new Poison(localRuntime.kafka, topic.name, topic.partitions, random);
    this.#producer = this.#produce();
  }

  get produced(): number {
    return this.#producer.produced;
  }

  get partitions(): number {
    return this.#partitions;
  }

  /** The topic gets one more, and clicks and odd records go there too. */
  async addPartition(): Promise<void> {
    const [name, count] = [this.topic, this.#partitions + 1];
    await useAdmin(this.#parts.localRuntime.kafka, (admin) =>
      admin.createPartitions({ topics: [{ name, count, assignments: null }] }),
    );
    this.#partitions = count;
    this.poison.grow(count);
    this.#producer.stop();
    this.#producer = this.#produce();
  }

  /** Where faults last longer than planned, the log need not grow as fast. */
  easeOff(): void {
    const { clicks } = this.#parts.profile;
    if (this.#eased || this.produced < RATE_AHEAD * clicks) return;
    this.#eased = true;
    this.#rate = Math.ceil(AFTERWARDS * this.#rate);
    this.#producer.setPace({ rate: this.#rate });
  }

  stopClicks(): void {
    this.#producer.stop();
  }

  async stop(): Promise<void> {
    this.stopClicks();
    await this.poison.close().catch(() => {});
  }

  /** Continues where each partition's log ends. */
  #produce(): ClickProducer {
    const { localRuntime, seed, events } = this.#parts;
    return new ClickProducer({
      assignment: {
        bootstrap: localRuntime.kafka,
        topic: this.topic,
        partitions: this.#partitions,
        seed,
        advertisers: ADVERTISERS,
        clicks: undefined,
        rate: this.#rate,
      },
      children: localRuntime.children,
      logFolder: localRuntime.logFolder,
      say: (line) => events.add('runtime said', { what: line }),
      fail: localRuntime.fail,
    });
  }
}
