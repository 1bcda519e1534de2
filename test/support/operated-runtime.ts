/**
 * A localRuntime as operators meet it: real broker, real DynamoDB Local, the deployed bundles behind Invoke, live mappings. Its mappings
 * can be made to pass over records, and its functions be swapped for others.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Admin, Producer } from '@platformatic/kafka';
import { build } from 'esbuild';
import type { Findings } from '../../infra/audit/findings.ts';
import { readTarget } from '../../infra/cli/target.ts';
import { InvokeEndpoint } from '../../infra/local/invoke-endpoint.ts';
import { LocalRuntime } from '../../infra/local/local-runtime.ts';
import { LogReader } from '../../infra/local/mapping/log-reader.ts';
import { PartitionQueue } from '../../infra/local/mapping/partition-queue.ts';
import { buildRunGroup, writeRunFile } from '../../infra/local/run-file.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { synthesizeTemplates } from '../../infra/local/template/synthesize.ts';
import { readJournalTotals } from '../../infra/ops/ledger-view.ts';
import { type Addresses, closeTarget, openTarget, type Target } from '../../infra/ops/redrive/target.ts';
import { auditMapping } from '../prove/audit.ts';
import { aClick, type ClickFields } from './builders.ts';
import { furnished, root } from './runtime-folder.ts';
import { until } from './until.ts';

const TOPIC = 'ad_clicks';
const WITHIN_MS = 60_000;
/** Of an operator's events: few, so that work of many batches needs few records. */
export const BATCH_RECORDS = 100;

export type Team = 'billing' | 'fraud';

export class OperatedRuntime {
  readonly folder: string;
  readonly localRuntime: LocalRuntime;
  readonly #endpoint: InvokeEndpoint;
  readonly #admin: Admin;
  readonly #producer: Producer<Buffer, Buffer, Buffer, Buffer>;
  #clicks = 0;

  static async start(folder: string): Promise<OperatedRuntime> {
    await furnished(folder);
    const templates = await synthesizeTemplates({ root, stage: 'dev', folder, say: () => {} });
    const localRuntime = await LocalRuntime.start({
      templates,
      folder,
      fresh: false,
      say: () => {},
      fail: (error) => console.error(error),
    });
    return new OperatedRuntime(folder, localRuntime, await InvokeEndpoint.start(localRuntime));
  }

  private constructor(folder: string, localRuntime: LocalRuntime, endpoint: InvokeEndpoint) {
    this.folder = folder;
    this.localRuntime = localRuntime;
    this.#endpoint = endpoint;
    const client = { clientId: 'test', bootstrapBrokers: [...localRuntime.kafka] };
    this.#admin = new Admin(client);
    this.#producer = new Producer({ ...client, autocreateTopics: false, idempotent: true });
    const tables: [Team, string][] = [];
    for (const team of ['billing', 'fraud'] as const) tables.push([team, this.#tableOf(team)]);
    writeRunFile(folder, {
      pid: process.pid,
      kafka: localRuntime.kafka.join(','),
      dynamodb: localRuntime.dynamodb,
      tables: Object.fromEntries(tables),
      lambda: endpoint.access,
      groups: Object.fromEntries(
        tables.map(([team]) => {
          const mapping = this.mappingOf(team);
          const group = buildRunGroup(mapping, localRuntime.functionOf(mapping.functionId).name, folder);
          return [team, { ...group, batchRecords: BATCH_RECORDS }];
        }),
      ),
      children: [],
    });
  }

  get runFile(): string {
    return join(this.folder, 'run.json');
  }

  addresses(team: Team): Addresses {
    return readTarget({ ledger: team }, this.runFile);
  }

  target(team: Team, changed: Partial<Addresses> = {}): Target {
    return openTarget({ ...this.addresses(team), ...changed });
  }

  mappingOf(team: Team): PlannedMapping {
    const found = this.localRuntime.plan.mappings.find(({ groupId }) => groupId === `${team}-service`);
    if (found === undefined) throw new Error(`no mapping of ${team}`);
    return found;
  }

  /** So many clicks for a partition, or given texts. */
  async produce(partition: number, clicks: number | readonly ClickFields[]): Promise<void> {
    const fields = typeof clicks === 'number' ? Array.from({ length: clicks }, () => ({})) : clicks;
    const messages = fields.map((each) => {
      this.#clicks += 1;
      const click = aClick({
        clickId: `click-${this.#clicks}`,
        advertiserId: `adv-${this.#clicks % 5}`,
        ip: `203.0.113.${this.#clicks % 250}`,
        ...each,
      });
      return { topic: TOPIC, partition, key: Buffer.from('k'), value: Buffer.from(JSON.stringify(click)) };
    });
    await this.#producer.send({ acks: -1, messages });
  }

  /** Records and their transaction's marker, which is an offset without a record. */
  async produceTransactions(partition: number, transactions: number): Promise<void> {
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'test',
      bootstrapBrokers: [...this.localRuntime.kafka],
      autocreateTopics: false,
      idempotent: true,
      transactionalId: `test-${this.#clicks}`,
    });
    for (let n = 0; n < transactions; n++) {
      const transaction = await producer.beginTransaction();
      const value = Buffer.from(JSON.stringify(aClick({ clickId: `t-${n}`, advertiserId: 'adv-t' })));
      await transaction.send({ acks: -1, messages: [{ topic: TOPIC, partition, value }] });
      await transaction.commit();
    }
    await producer.close();
  }

  /** Makes the team's mapping pass over whatever is produced meanwhile, as one does that discards. */
  async passOver(team: Team, produce: () => Promise<void>): Promise<void> {
    const mapping = this.mappingOf(team);
    await this.caughtUp(team);
    await this.localRuntime.pollersOf(mapping).stop();
    await produce();
    const ends = await this.ends();
    const partitionOffsets = ends.map((end, partition) => ({ partition, offset: BigInt(end) }));
    const topics = [{ name: TOPIC, partitionOffsets }];
    await until(
      'the group has no members, and takes other offsets',
      () =>
        this.#admin.alterConsumerGroupOffsets({ groupId: mapping.groupId, topics }).then(
          () => true,
          () => false,
        ),
      WITHIN_MS,
    );
    this.localRuntime.addMapping(mapping);
  }

  async caughtUp(team: Team): Promise<void> {
    const mapping = this.mappingOf(team);
    const isDone = async () => {
      const ends = await this.ends();
      const owned = this.localRuntime.owned(mapping);
      return ends.every((end, partition) => end === (owned.get(partition)?.committed ?? 0));
    };
    await until(`${team} has caught up`, isDone, WITHIN_MS);
  }

  async ends(): Promise<number[]> {
    return (await this.#bounds()).latest;
  }

  /** Retention: what is before the offset leaves the log. */
  async deleteBefore(partition: number, offset: number): Promise<void> {
    await this.#admin.deleteRecords({
      topics: [{ name: TOPIC, partitions: [{ partition, offset: BigInt(offset) }] }],
    });
  }

  /** Texts of records as the mapping's own events have them. */
  async recordTexts(partition: number, from: number, to: number): Promise<string[]> {
    const reader = this.#reader();
    const queue = new PartitionQueue(TOPIC, partition, from, undefined);
    while (queue.position < to) await reader.fetchInto([queue]);
    await reader.close();
    return queue
      .take(Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, true)
      .filter(({ offset }) => offset < to)
      .map(({ text }) => text);
  }

  /** Deploys another fold to a team: the fixture's, bundled. */
  async deploy(team: Team, fold: string | undefined): Promise<string> {
    const planned = this.localRuntime.functionOf(this.mappingOf(team).functionId);
    const file = fold === undefined ? planned.file : await this.#bundle(team, fold);
    this.localRuntime.sandboxesOf(planned.id).useBundle(file, planned.environment);
    return file;
  }

  /** @param fold an expression that is given the module of the team's own as `team` */
  async #bundle(team: Team, fold: string): Promise<string> {
    const outfile = join(this.folder, `${team}-${Buffer.from(fold).toString('hex').slice(-24)}.mjs`);
    const from = (path: string) => JSON.stringify(join(root, path));
    const source = `
      import { consumer } from ${from('shared/consumer.ts')};
      import * as team from ${from(`functions/${team}/fold.ts`)};
      import { group } from ${from(`functions/${team}/group.ts`)};
      export const handler = consumer(group, () => (${fold}));`;
    await build({
      stdin: { contents: source, resolveDir: root, loader: 'ts' },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      mainFields: ['module', 'main'],
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      logLevel: 'error',
    });
    return outfile;
  }

  /** A document of the team's destination, as Lambda writes it (AWS Lambda docs: kafka-on-failure). */
  giveUp(team: Team, name: string, document: unknown): void {
    const folder = this.addresses(team).destination;
    if (folder === undefined || !('folder' in folder)) throw new Error(`${team} has no destination`);
    writeFileSync(
      join(folder.folder, name),
      typeof document === 'string' ? document : JSON.stringify(document),
    );
  }

  /** Of all partitions together. */
  async totals(team: Team): Promise<{ clicks: bigint; openGap: number }> {
    const target = this.target(team);
    const totals = await readJournalTotals(target.store);
    await closeTarget(target);
    return totals.reduce(
      (sum, { clicks, openGap }) => ({ clicks: sum.clicks + clicks, openGap: sum.openGap + openGap }),
      { clicks: 0n, openGap: 0 },
    );
  }

  audited(team: Team, atRest = true): Promise<Findings> {
    return auditMapping(this.localRuntime, this.mappingOf(team), { atRest });
  }

  async stop(): Promise<void> {
    await this.#producer.close().catch(() => {});
    await this.#admin.close().catch(() => {});
    await this.#endpoint.close();
    await this.localRuntime.stop();
  }

  #tableOf(team: Team): string {
    return this.localRuntime.plan.published.get(`/clickledger/dev/ledger/${team}/table`) ?? '';
  }

  #reader(): LogReader {
    return new LogReader({
      bootstrap: this.localRuntime.kafka,
      groupId: 'test',
      clientId: 'test',
      topic: TOPIC,
    });
  }

  async #bounds() {
    const reader = this.#reader();
    try {
      return await reader.bounds();
    } finally {
      await reader.close();
    }
  }
}
