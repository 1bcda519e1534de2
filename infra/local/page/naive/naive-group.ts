/**
 * The naive consumer, started and ended by the page's switch: one process (so that nothing but a fault ever makes its group deal
 * anew), a group and a table of its own. Each time it begins at the start of the log with an empty table, so that what it has
 * billed can be held against the whole log.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  ScanCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  buildChildEnvironment,
  type Children,
  captureLastWords,
  FRUITLESS_STARTS_MAX,
  getPid,
  killProcess,
} from '../../children.ts';
import { buildClientConfig, type EndpointAccess } from '../../endpoint-access.ts';
import { buildDynamoDbEnvironment } from '../../servers/dynamodb.ts';
import type { NaiveAssignment, NaiveMessage } from './naive-process.ts';

interface NaiveOptions {
  readonly bootstrap: readonly string[];
  readonly topic: string;
  /** For what we ask ourselves. */
  readonly direct: EndpointAccess;
  /** For what the consumers do, with the same faults in between as the functions have. */
  readonly reached: EndpointAccess;
  readonly children: Children;
  readonly logFolder: string;
  /** Told once, in a sentence, where it never comes up. */
  readonly gaveUp: (why: string) => void;
}

interface Member {
  readonly process: ChildProcess;
  partitions: readonly number[];
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
  #member: Member | undefined;
  #stopping = false;
  /** Ends since it was last heard of. */
  #fruitless = 0;

  static async start(options: NaiveOptions): Promise<NaiveGroup> {
    const group = new NaiveGroup(options);
    try {
      await group.#createTable();
    } catch (error) {
      await group.stop();
      throw error;
    }
    group.#start();
    return group;
  }

  private constructor(options: NaiveOptions) {
    this.#options = options;
    this.id = `without-clickledger-${Date.now().toString(36)}`;
    this.#client = new DynamoDBClient(buildClientConfig(options.direct));
    this.#log = createWriteStream(join(options.logFolder, 'without-clickledger.log'), { flags: 'a' });
  }

  /** None while it is started again. */
  members(): { pid: number; partitions: readonly number[] }[] {
    const member = this.#member;
    return member === undefined ? [] : [{ pid: getPid(member.process), partitions: member.partitions }];
  }

  /** As the same fault does to the real ones; it is started again. False if it does not run. */
  kill(): boolean {
    if (this.#member !== undefined) killProcess(getPid(this.#member.process));
    return this.#member !== undefined;
  }

  /** What its table says. */
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
    this.#stopping = true;
    if (this.#member !== undefined) await ended(this.#member.process);
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

  #start(): void {
    const { bootstrap, topic, reached, children } = this.#options;
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
    const child = fork(PROCESS_FILE, [JSON.stringify(assignment)], {
      env: { ...buildChildEnvironment(), ...buildDynamoDbEnvironment(reached) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const lastWords = captureLastWords(child);
    const pid = getPid(child);
    const member: Member = { process: child, partitions: [] };
    this.#member = member;
    children.add({ role: 'naive', group: this.id, name: 'consumer without Clickledger', pid });
    for (const stream of [child.stdout, child.stderr]) stream?.pipe(this.#log, { end: false });
    child.on('message', ({ partitions }: NaiveMessage) => {
      this.#fruitless = 0;
      member.partitions = partitions;
    });
    child.on('exit', () => {
      children.remove(pid);
      this.#member = undefined;
    });
    // Its last words may come after its exit.
    child.on('close', () => {
      if (this.#stopping) return;
      this.#fruitless += 1;
      if (this.#fruitless === FRUITLESS_STARTS_MAX) {
        const times = `ended ${FRUITLESS_STARTS_MAX} times before it had come up`;
        this.#options.gaveUp(
          `the consumer without Clickledger ${times}, and no other is started; it says: ${lastWords()}`,
        );
      } else setTimeout(() => this.#stopping || this.#start(), RESTART_PAUSE_MS).unref();
    });
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once('exit', resolve));
  if (child.connected) child.send('stop', () => {});
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WAIT_MS);
  await exit;
  clearTimeout(timer);
}
