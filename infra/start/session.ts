/**
 * What `npm start` watches: the local runtime, the ledgers of its groups, and the producer of clicks. It finds the ledgers as an operator
 * does, by the parameters that their stacks publish; the local runtime does not know them.
 */

import { auditLedger } from '../audit/audit-ledger.ts';
import { TopicLog } from '../kafka/topic-log.ts';
import { buildClientConfig } from '../local/endpoint-access.ts';
import { InvokeEndpoint } from '../local/invoke-endpoint.ts';
import { LocalRuntime, type LocalRuntimeOptions } from '../local/local-runtime.ts';
import { LogReader } from '../local/mapping/log-reader.ts';
import { ClickProducer } from '../local/producer/click-producer.ts';
import { buildRunGroup, writeRunFile } from '../local/run-file.ts';
import type { PlannedMapping, PlannedTopic } from '../local/template/planned.ts';
import { type JournalTotals, openLedger, readJournalTotals } from '../ops/ledger-view.ts';
import { formatQuantity } from '../terminal/text.ts';
import { UserError } from '../terminal/user-error.ts';
import { formatDiscardedLine } from './discarded-line.ts';
import { type AuditedLedger, countMissing } from './exit-report.ts';
import type { Halted } from './halts.ts';
import type { LiveGroup, UnreadTopic } from './live-lines.ts';
import type { StartOptions } from './options.ts';

interface DrainedLedger extends AuditedLedger {
  readonly tookMs: number;
  /** A sentence that says where the missing records are; undefined where none is missing. */
  readonly discarded: string | undefined;
}

/** Of a topic beside the clicks that no group reads: enough to see it grow. */
const UNREAD_RATE_MAX = 100;

export class Session {
  readonly localRuntime: LocalRuntime;
  /** The clicks, which the page shows and its buttons write. */
  readonly topic: string;
  /** All topics of the templates that records are made for or that a group reads, that of the clicks first. */
  readonly topics: readonly string[];
  readonly partitions: number;
  readonly groups: readonly WatchedGroup[];
  readonly producer: ClickProducer;
  /** Why the page's buttons write nothing to the log; undefined where they may. */
  readonly writesNothing: string | undefined;
  /** Why the page's buttons delete no group's offsets; undefined where they may. */
  readonly forgetsNothing: string | undefined;
  readonly #observers: ReadonlyMap<string, LogReader>;
  /** Producers of the topics beside the clicks. */
  readonly #beside: readonly ClickProducer[];
  readonly #lambda: InvokeEndpoint;
  readonly #ends = new Map<string, readonly number[]>();
  readonly #committed = new Map<string, ReadonlyMap<number, number | undefined>>();
  readonly #ledgers = new Map<string, ReturnType<typeof openLedger>>();
  readonly #totals = new Map<string, readonly JournalTotals[]>();

  static async start(options: StartOptions, localRuntime: LocalRuntimeOptions): Promise<Session> {
    const started = await LocalRuntime.start(localRuntime);
    try {
      return new Session(started, await InvokeEndpoint.start(started), options, localRuntime);
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  private constructor(
    localRuntime: LocalRuntime,
    lambda: InvokeEndpoint,
    options: StartOptions,
    { folder, say, own, join }: LocalRuntimeOptions,
  ) {
    this.localRuntime = localRuntime;
    this.#lambda = lambda;
    this.groups = listWatchedGroups(localRuntime);
    const planned = localRuntime.plan.topics;
    const read = planned.filter(({ name }) => this.#isRead(name));
    const main = read.find(holdsClicks) ?? read[0];
    this.topic = main?.name ?? this.groups[0]?.mapping.topic ?? '';
    this.partitions = main?.partitions ?? 1;
    const others = planned.filter(
      ({ name, contract }) => name !== this.topic && (contract !== undefined || this.#isRead(name)),
    );
    this.topics = [this.topic, ...others.map(({ name }) => name)];
    const writeFile = () =>
      writeRunFile(folder, {
        pid: process.pid,
        kafka: localRuntime.kafka.join(','),
        dynamodb: localRuntime.dynamodb,
        tables: Object.fromEntries(this.groups.map(({ ledger, table }) => [ledger, table])),
        lambda: lambda.access,
        groups: Object.fromEntries(
          this.groups.map(({ ledger, mapping }) => {
            const { name } = localRuntime.functionOf(mapping.functionId);
            return [ledger, buildRunGroup(mapping, name, folder)];
          }),
        ),
        children: localRuntime.children.list(),
      });
    localRuntime.children.on('change', writeFile);
    writeFile();
    const observe = (topic: string) =>
      new LogReader({
        bootstrap: localRuntime.kafka,
        groupId: 'clickledger-observer',
        clientId: 'observer',
        topic,
      });
    this.#observers = new Map(this.topics.map((topic) => [topic, observe(topic)]));
    if (own?.kafka !== undefined) {
      const isAsked = options.rate !== 0;
      for (const topic of this.topics) if (this.#isRead(topic)) say(writing(own.kafka, topic, options));
      this.writesNothing = isAsked
        ? undefined
        : 'Kafka is your own, and nothing is written to it: start with --clicks N or --rate N if that is meant';
      this.forgetsNothing = join
        ? 'the group is your own Kafka’s (--join): its committed offsets are not deleted'
        : undefined;
    }
    const produce = (topic: PlannedTopic, pace: Pick<StartOptions, 'clicks' | 'rate'>) => {
      const { seed, advertisers } = options;
      const { name, partitions, contract } = topic;
      return new ClickProducer({
        assignment: {
          ...{ bootstrap: localRuntime.kafka, topic: name, partitions, seed, advertisers },
          ...{ clicks: pace.clicks, rate: pace.rate },
          ...(contract && !holdsClicks(topic) && { contract }),
        },
        children: localRuntime.children,
        logFolder: localRuntime.logFolder,
        say,
        fail: localRuntime.fail,
      });
    };
    this.producer = produce(main ?? { name: this.topic, partitions: this.partitions, configs: {} }, options);
    this.#beside = others.flatMap((topic) => {
      if (topic.contract === undefined) return [];
      if (this.#isRead(topic.name)) return [produce(topic, options)];
      // A run that is to end by itself, and a Kafka of the user's own, get nothing that nobody reads.
      if (options.clicks !== undefined || own?.kafka !== undefined) return [];
      const rate = Math.min(options.rate ?? UNREAD_RATE_MAX, UNREAD_RATE_MAX);
      return [produce(topic, { clicks: undefined, rate })];
    });
  }

  #isRead(topic: string): boolean {
    return this.groups.some(({ mapping }) => mapping.topic === topic);
  }

  /** Reads the log's ends and the ledgers; while a server restarts, the last figures remain. */
  async look(): Promise<void> {
    const looks = [
      ...Array.from(this.#observers, async ([topic, observer]) => {
        this.#ends.set(topic, (await observer.bounds()).latest);
      }),
      ...this.groups.map(async ({ ledger, mapping }) => {
        const owned = this.localRuntime.owned(mapping);
        const totals = await readJournalTotals(this.#ledger(ledger));
        this.#committed.set(ledger, new Map(Array.from(owned, ([at, { committed }]) => [at, committed])));
        this.#totals.set(ledger, totals);
      }),
    ];
    await Promise.allSettled(looks);
  }

  /** Of the clicks, by partition: the offset after its newest record. */
  get ends(): readonly number[] {
    return this.endsOf(this.topic);
  }

  endsOf(topic: string): readonly number[] {
    return this.#ends.get(topic) ?? [];
  }

  /** Topics that no group reads, with how many records each has. */
  unread(): UnreadTopic[] {
    return this.topics
      .filter((topic) => !this.#isRead(topic))
      .map((topic) => ({ topic, records: sumOf(this.endsOf(topic)) }));
  }

  live(): LiveGroup[] {
    return this.groups.map(({ ledger, mapping }) => {
      const owned = this.localRuntime.owned(mapping);
      const totals = (this.#totals.get(ledger) ?? []).filter(({ topic }) => topic === mapping.topic);
      const partitions = Array.from(this.endsOf(mapping.topic), (end, partition) => {
        const journal = totals.filter((each) => each.partition === partition);
        return {
          partition,
          end,
          owner: owned.get(partition)?.poller,
          committed: owned.get(partition)?.committed,
          committedThen: this.#committed.get(ledger)?.get(partition),
          clicks: journal.reduce((sum, { clicks }) => sum + clicks, 0n),
          micros: journal.reduce((sum, { micros }) => sum + micros, 0n),
          parked: journal.reduce((sum, { parked }) => sum + parked, 0),
          gaps: journal.reduce((sum, { openGap }) => sum + openGap, 0),
          applied: Math.max(0, ...journal.map(({ next }) => next)),
        };
      });
      return { groupId: mapping.groupId, partitions };
    });
  }

  /** By group, the partitions that failed so far because their log is another (I10), and for other reasons that need a person. */
  halted(): Halted[] {
    return this.groups.map(({ mapping: { groupId, functionId } }) => ({
      groupId,
      mismatches: this.localRuntime.metric(functionId, 'LogMismatch'),
      halts: this.localRuntime.metric(functionId, 'PartitionsHalted'),
    }));
  }

  /** Whether every group has committed all that was produced. */
  drained(): boolean {
    const live = this.live();
    const caughtUp = live.every(({ partitions }) =>
      partitions.every(({ end, committed }) => end === (committed ?? 0)),
    );
    const isSeen = this.groups.every(({ mapping }) => this.endsOf(mapping.topic).length > 0);
    return this.producer.done && this.#beside.every(({ done }) => done) && isSeen && caughtUp;
  }

  /** Audits every ledger, with the demand that all of the log is counted. */
  async audit(): Promise<DrainedLedger[]> {
    const audited: DrainedLedger[] = [];
    for (const group of this.groups) audited.push(await this.#auditGroup(group));
    return audited;
  }

  async #auditGroup({ ledger, mapping }: WatchedGroup): Promise<DrainedLedger> {
    const access = this.#ledger(ledger);
    const log = new TopicLog(
      { bootstrapBrokers: [...this.localRuntime.kafka] },
      mapping.topic,
      mapping.groupId,
    );
    const started = performance.now();
    try {
      const findings = await auditLedger(access, log, mapping.topic);
      findings.demandCounted();
      const { discarded } = this.localRuntime.pollersOf(mapping);
      return {
        ledger,
        findings,
        tookMs: performance.now() - started,
        duplicates: this.localRuntime.metric(mapping.functionId, 'Duplicates'),
        discarded: formatDiscardedLine(ledger, countMissing(findings), discarded),
      };
    } finally {
      await log.close().catch(() => {});
    }
  }

  async stop(): Promise<void> {
    for (const producer of [this.producer, ...this.#beside]) producer.stop();
    for (const observer of this.#observers.values()) await observer.close().catch(() => {});
    for (const { client } of this.#ledgers.values()) client.destroy();
    await this.#lambda.close();
    await this.localRuntime.stop();
  }

  /** One client for each ledger, for as long as the session lasts. */
  #ledger(name: string) {
    const table = this.groups.find(({ ledger }) => ledger === name)?.table ?? '';
    const opened =
      this.#ledgers.get(name) ?? openLedger(table, buildClientConfig(this.localRuntime.dynamodb));
    this.#ledgers.set(name, opened);
    return opened;
  }
}

/** A topic whose template says nothing of its records is taken for one of clicks. */
function holdsClicks({ contract }: PlannedTopic): boolean {
  const needed = ['clickId', 'advertiserId', 'adId', 'priceMicros'];
  return contract === undefined || needed.every((name) => name in contract.fields);
}

function sumOf(ends: readonly number[]): number {
  return ends.reduce((sum, end) => sum + end, 0);
}

/** What is written to the topic on a Kafka of the user's own. */
function writing(kafka: readonly string[], topic: string, { clicks, rate }: StartOptions): string {
  const at = `Your Kafka ${kafka.join(',')}:`;
  if (rate === 0)
    return `${at} nothing is written to topic ${topic}; --clicks N or --rate N would write made-up clicks`;
  const speed = rate === undefined ? '' : ` ${rate.toLocaleString('en')} a second,`;
  const end = clicks === undefined ? ' without end' : ` until it holds ${formatQuantity(clicks, 'record')}`;
  return `${at} made-up clicks are written to topic ${topic},${speed}${end}`;
}

interface WatchedGroup {
  /** The name under which its stack publishes the table. */
  readonly ledger: string;
  readonly table: string;
  readonly mapping: PlannedMapping;
}

/** `/clickledger/<stage>/ledger/<ledger>/table`, as infra/aws publishes it. */
const tablePath = /^\/clickledger\/[^/]+\/ledger\/([^/]+)\/table$/;

/** The groups whose function writes a ledger that its stack publishes, by the parameters that an operator finds them by. */
function listWatchedGroups(localRuntime: LocalRuntime): WatchedGroup[] {
  const { mappings, published } = localRuntime.plan;
  const groups = Array.from(published, ([path, table]) => ({
    ledger: tablePath.exec(path)?.[1],
    table,
  })).flatMap(({ ledger, table }) => {
    const mapping = mappings.find(({ functionId }) =>
      Object.values(localRuntime.functionOf(functionId).environment).includes(table),
    );
    return ledger === undefined || mapping === undefined ? [] : [{ ledger, table, mapping }];
  });
  if (groups.length === 0)
    throw new UserError(
      'the templates have no mapping whose function writes a published ledger: there is nothing to watch',
    );
  return groups;
}
