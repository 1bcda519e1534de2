/**
 * The naive consumer, which the page's switch starts and stops. It is one process, so only a fault can make its group
 * rebalance. It has its own group and table. Each time it starts at the beginning of the log with an empty table, so that its
 * bill can be compared with the whole log.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  ScanCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { buildChildEnvironment, type Children } from '../../children.ts';
import { buildClientConfig, type EndpointAccess } from '../../endpoint-access.ts';
import { ManagedProcess } from '../../managed-process.ts';
import { buildDynamoDbEnvironment } from '../../servers/dynamodb.ts';
import type { NaiveAssignment, NaiveMessage } from './naive-process.ts';

interface NaiveOptions {
  readonly bootstrap: readonly string[];
  readonly topic: string;
  /** For this class's own requests. */
  readonly direct: EndpointAccess;
  /** For the consumer's requests, with the same injected faults as the functions have. */
  readonly reached: EndpointAccess;
  readonly children: Children;
  readonly logFolder: string;
  /** Called once, with a sentence, if it never comes up. */
  readonly failed: (why: string) => void;
}

interface NaiveTotals {
  readonly clicks: number;
  readonly micros: bigint;
}

const SESSION_TIMEOUT_MS = 6_000;
const RESTART_PAUSE_MS = 300;
const STOP_WAIT_MS = 4_000;
const TABLE_WITHIN_S = 20;
const PROCESS_FILE = join(import.meta.dirname, 'naive-process.ts');

export class NaiveGroup {
  readonly id: string;
  readonly #options: NaiveOptions;
  readonly #client: DynamoDBClient;
  readonly #log: WriteStream;
  #member: ManagedProcess<'stop', NaiveMessage> | undefined;
  #partitions: readonly number[] = [];

  static async start(options: NaiveOptions): Promise<NaiveGroup> {
    const group = new NaiveGroup(options);
    try {
      await group.#createTable();
    } catch (error) {
      await group.stop();
      throw error;
    }
    group.#member = group.#start();
    return group;
  }

  private constructor(options: NaiveOptions) {
    this.#options = options;
    this.id = `without-clickledger-${Date.now().toString(36)}`;
    this.#client = new DynamoDBClient(buildClientConfig(options.direct));
    this.#log = createWriteStream(join(options.logFolder, 'without-clickledger.log'), { flags: 'a' });
  }

  /** Empty while it restarts. */
  members(): { pid: number; partitions: readonly number[] }[] {
    const pid = this.#member?.pid;
    return pid === undefined ? [] : [{ pid, partitions: this.#partitions }];
  }

  /** Kills it, as the same fault kills real pollers; it is restarted. Returns false if it does not run. */
  kill(): boolean {
    return this.#member?.kill() === true;
  }

  /** The totals in its table. */
  async totals(): Promise<NaiveTotals> {
    const { Items = [] } = await this.#client.send(
      new ScanCommand({ TableName: this.id, ConsistentRead: true }),
    );
    return {
      clicks: Items.reduce((sum, item) => sum + Number(item['clicks']?.N ?? 0), 0),
      micros: Items.reduce((sum, item) => sum + BigInt(item['micros']?.N ?? 0), 0n),
    };
  }

  async stop(): Promise<void> {
    await this.#member?.stop('stop', STOP_WAIT_MS);
    await this.#client.send(new DeleteTableCommand({ TableName: this.id })).catch(() => {});
    this.#client.destroy();
    this.#log.end();
  }

  async #createTable(): Promise<void> {
    await this.#client.send(
      new CreateTableCommand({
        TableName: this.id,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      }),
    );
    await waitUntilTableExists(
      { client: this.#client, maxWaitTime: TABLE_WITHIN_S, minDelay: 0.2, maxDelay: 1 },
      { TableName: this.id },
    );
  }

  #start(): ManagedProcess<'stop', NaiveMessage> {
    const { bootstrap, topic, reached, children, failed } = this.#options;
    const assignment: NaiveAssignment = {
      group: {
        bootstrap,
        groupId: this.id,
        clientId: 'without-clickledger',
        topic,
        startingPosition: { from: 'TRIM_HORIZON' },
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
      },
      table: this.id,
    };
    return new ManagedProcess({
      file: PROCESS_FILE,
      argument: () => assignment,
      environment: { ...buildChildEnvironment(), ...buildDynamoDbEnvironment(reached) },
      listed: { child: { role: 'naive', group: this.id, name: 'consumer without Clickledger' }, children },
      writeLine: (line) => void (this.#log.writableEnded || this.#log.write(`${line}\n`)),
      hear: ({ partitions }) => {
        this.#member?.cameUp();
        this.#partitions = partitions;
      },
      ended: () => {
        this.#partitions = [];
      },
      keepAlive: { name: 'the consumer without Clickledger', pauseMs: RESTART_PAUSE_MS, exhausted: failed },
    });
  }
}
