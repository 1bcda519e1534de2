/** A laptop ground of the benchmarks' own, with topics that are filled before anybody reads them. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTopics } from '../../infra/local/broker-topics.ts';
import { Ground } from '../../infra/local/ground.ts';
import type { Pollers } from '../../infra/local/mapping/pollers.ts';
import type { PlannedMapping } from '../../infra/local/plan.ts';
import { ClickProducer } from '../../infra/local/producer/click-producer.ts';
import { currentTemplates } from '../../infra/local/templates-folder.ts';
import type { BenchOptions } from './bench-section.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LOOK_EVERY_MS = 20;
const STUCK_AFTER_MS = 180_000;

export class BenchGround {
  readonly ground: Ground;
  readonly #options: BenchOptions;
  #topics = 0;

  static async with<Result>(
    options: BenchOptions,
    run: (bench: BenchGround) => Promise<Result>,
  ): Promise<Result> {
    const folder = join(root, '.clickledger', 'bench');
    mkdirSync(folder, { recursive: true });
    const templates = await currentTemplates({
      root,
      stage: 'dev',
      folder: join(root, '.clickledger'),
      say: options.say,
    });
    const ground = await Ground.start({
      templates,
      folder,
      own: { kafka: undefined, dynamodb: undefined },
      kafkaPort: undefined,
      dynamodbPort: undefined,
      fresh: true,
      say: () => {},
      giveUp: (error) => {
        throw error;
      },
    });
    try {
      return await run(new BenchGround(ground, options));
    } finally {
      await ground.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private constructor(ground: Ground, options: BenchOptions) {
    this.ground = ground;
    this.#options = options;
  }

  /** A new topic, so that no ledger knows its positions, with so many clicks in it. */
  async filledTopic(partitions: number, clicks: number): Promise<string> {
    const topic = await this.topic(partitions);
    const producer = this.produce(topic, partitions, clicks, undefined);
    try {
      await this.until('the clicks are produced', () => producer.done);
    } finally {
      producer.stop();
    }
    return topic;
  }

  async topic(partitions: number): Promise<string> {
    this.#topics += 1;
    const name = `bench-${this.#topics}`;
    await createTopics(this.ground.kafka, [
      { name, partitions, configs: this.ground.plan.topics[0]?.configs ?? {} },
    ]);
    return name;
  }

  /** @param rate clicks a second; undefined is as many as go */
  produce(
    topic: string,
    partitions: number,
    clicks: number | undefined,
    rate: number | undefined,
  ): ClickProducer {
    const { seed } = this.#options;
    return new ClickProducer({
      assignment: { bootstrap: this.ground.kafka, topic, partitions, seed, advertisers: 500, clicks, rate },
      children: this.ground.children,
      logFolder: this.ground.logFolder,
      say: () => {},
    });
  }

  /** A mapping of a ledger's function on another topic, under a group of its own. */
  mappingOn(topic: string, ledger: 'billing' | 'fraud', pollers: number): PlannedMapping {
    const mapping = this.ground.plan.mappings.find(({ groupId }) => groupId.startsWith(ledger));
    if (mapping === undefined) throw new Error(`the templates have no mapping of ${ledger}`);
    const id = `${mapping.id}-${topic}-${pollers}`;
    return { ...mapping, id, topic, groupId: `${ledger}-${topic}`, pollers: { min: pollers, max: pollers } };
  }

  /** Clicks that a mapping's group has committed. */
  committed(mapping: PlannedMapping): number {
    return [...this.ground.owned(mapping).values()].reduce((sum, { committed }) => sum + (committed ?? 0), 0);
  }

  /** Seconds from the start of the pollers, joining included, until each mapping has committed so many clicks. */
  async drain(mappings: readonly PlannedMapping[], clicks: number): Promise<number> {
    const began = performance.now();
    const pollers: Pollers[] = mappings.map((mapping) => this.ground.addMapping(mapping));
    try {
      await this.until('the backlog is drained', () =>
        mappings.every((mapping) => this.committed(mapping) >= clicks),
      );
      return (performance.now() - began) / 1_000;
    } finally {
      await Promise.all(pollers.map((each) => each.stop()));
    }
  }

  async until(
    what: string,
    holds: () => boolean | Promise<boolean>,
    withinMs = STUCK_AFTER_MS,
  ): Promise<void> {
    const began = performance.now();
    while (!(await holds())) {
      this.#options.signal.throwIfAborted();
      if (performance.now() - began > withinMs) throw new Error(`waited ${withinMs / 1_000} s until ${what}`);
      await pause(LOOK_EVERY_MS);
    }
  }
}
