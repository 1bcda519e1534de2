/** A laptop localRuntime of the benchmarks' own, with topics that are filled before anybody reads them. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import { LocalRuntime } from '../../infra/local/local-runtime.ts';
import type { Pollers } from '../../infra/local/mapping/pollers.ts';
import { ClickProducer } from '../../infra/local/producer/click-producer.ts';
import { createTopics } from '../../infra/local/servers/broker-topics.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { synthesizeTemplates } from '../../infra/local/template/synthesize.ts';
import { countItemBytes } from '../../infra/ops/size/item-sizes.ts';
import { ENTRY_PREFIX } from '../../shared/journal/journal-items.ts';
import { listJournals, queryAll } from '../../shared/journal/journal-store.ts';
import { unitsOf } from '../support/write-units.ts';
import type { BenchOptions } from './bench-section.ts';
import { cpuSecondsOf } from './process-figures.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** That no query depends on: nothing expires meanwhile. */
const ENTRY_DAYS = 35;
const LOOK_EVERY_MS = 20;
const STUCK_AFTER_MS = 180_000;

export interface Drained {
  /** The start of the pollers and their joining included. */
  readonly seconds: number;
  /** When something was committed of every mapping, and how much of the one that had least. */
  readonly joined: { readonly seconds: number; readonly clicks: number };
  /** Seconds of CPU by what the processes are. */
  readonly cpu: ReadonlyMap<string, number>;
}

export class BenchRuntime {
  readonly localRuntime: LocalRuntime;
  readonly #options: BenchOptions;
  #topics = 0;

  static async with<Result>(
    options: BenchOptions,
    run: (bench: BenchRuntime) => Promise<Result>,
  ): Promise<Result> {
    const folder = join(root, '.clickledger', 'bench');
    mkdirSync(folder, { recursive: true });
    const templates = await synthesizeTemplates({
      root,
      stage: 'dev',
      folder: join(root, '.clickledger'),
      say: options.say,
    });
    const localRuntime = await LocalRuntime.start({
      templates,
      folder,
      own: { kafka: undefined, dynamodb: undefined },
      kafkaPort: undefined,
      dynamodbPort: undefined,
      fresh: true,
      say: () => {},
      fail: (error) => {
        throw error;
      },
    });
    try {
      return await run(new BenchRuntime(localRuntime, options));
    } finally {
      await localRuntime.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private constructor(localRuntime: LocalRuntime, options: BenchOptions) {
    this.localRuntime = localRuntime;
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
    await createTopics(this.localRuntime.kafka, [
      { name, partitions, configs: this.localRuntime.plan.topics[0]?.configs ?? {} },
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
      assignment: {
        bootstrap: this.localRuntime.kafka,
        topic,
        partitions,
        seed,
        advertisers: 500,
        clicks,
        rate,
      },
      children: this.localRuntime.children,
      logFolder: this.localRuntime.logFolder,
      say: () => {},
      fail: this.localRuntime.fail,
    });
  }

  /** A mapping of a ledger's function on another topic, under a group of its own. */
  mappingOn(topic: string, ledger: 'billing' | 'fraud', pollers: number): PlannedMapping {
    const mapping = this.localRuntime.plan.mappings.find(({ groupId }) => groupId.startsWith(ledger));
    if (mapping === undefined) throw new Error(`the templates have no mapping of ${ledger}`);
    const id = `${mapping.id}-${topic}-${pollers}`;
    return { ...mapping, id, topic, groupId: `${ledger}-${topic}`, pollers: { min: pollers, max: pollers } };
  }

  /** Clicks that a mapping's group has committed. */
  committed(mapping: PlannedMapping): number {
    return [...this.localRuntime.owned(mapping).values()].reduce(
      (sum, { committed }) => sum + (committed ?? 0),
      0,
    );
  }

  /** Write units of the entries that a mapping's function has put for it, by the billing rules. */
  async entryUnits({ functionId, topic }: PlannedMapping): Promise<number> {
    const client = new DynamoDBClient(buildClientConfig(this.localRuntime.dynamodb));
    const table = this.localRuntime.functionOf(functionId).environment['LEDGER_TABLE'] ?? '';
    const ledger = { client, table, entryDays: ENTRY_DAYS };
    try {
      let units = 0;
      for (const journal of await listJournals(ledger)) {
        if (!journal.startsWith(`${topic}@`)) continue;
        const values = { ':journal': { S: journal }, ':entry': { S: ENTRY_PREFIX } };
        const entries = queryAll(ledger, {
          KeyConditionExpression: 'pk = :journal AND begins_with(sk, :entry)',
          ExpressionAttributeValues: values,
        });
        for await (const item of entries) units += unitsOf(countItemBytes(item));
      }
      return units;
    } finally {
      client.destroy();
    }
  }

  /** Seconds of CPU that the processes of the localRuntime have used so far, by what they are; Linux. */
  cpuSeconds(): Map<string, number> {
    const seconds = new Map([['runtime', cpuSecondsOf(process.pid)]]);
    for (const { role, pid } of this.localRuntime.children.list())
      seconds.set(role, (seconds.get(role) ?? 0) + cpuSecondsOf(pid));
    return seconds;
  }

  /** From the start of the pollers until each mapping has committed so many clicks. */
  async drain(mappings: readonly PlannedMapping[], clicks: number): Promise<Drained> {
    const began = performance.now();
    const cpuBefore = this.cpuSeconds();
    const pollers: Pollers[] = mappings.map((mapping) => this.localRuntime.addMapping(mapping));
    let joined: { readonly seconds: number; readonly clicks: number } | undefined;
    try {
      await this.until('the backlog is drained', () => {
        const committed = mappings.map((mapping) => this.committed(mapping));
        const least = Math.min(...committed);
        if (least > 0) joined ??= { seconds: (performance.now() - began) / 1_000, clicks: least };
        return least >= clicks;
      });
      const seconds = (performance.now() - began) / 1_000;
      const cpu = Array.from(this.cpuSeconds(), ([role, used]): [string, number] => [
        role,
        used - (cpuBefore.get(role) ?? 0),
      ]);
      return { seconds, joined: joined ?? { seconds, clicks }, cpu: new Map(cpu) };
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
