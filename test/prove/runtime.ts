/**
 * The local runtime as a proof needs it: faults between functions and DynamoDB, sessions that expire soon, batches of many sizes.
 * And its ledgers as operators and the auditor reach them, past the faults.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TopicLog } from '../../infra/kafka/topic-log.ts';
import type { Child } from '../../infra/local/children.ts';
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import type { InjectedFault } from '../../infra/local/faults/fault.ts';
import { FaultProxy } from '../../infra/local/faults/fault-proxy.ts';
import { InvokeEndpoint } from '../../infra/local/invoke-endpoint.ts';
import { LocalRuntime } from '../../infra/local/local-runtime.ts';
import type { PartialRetry } from '../../infra/local/mapping/decide.ts';
import { buildRunGroup } from '../../infra/local/run-file.ts';
import type { Seeded } from '../../infra/local/seeded.ts';
import type { PlannedMapping, PlannedTable } from '../../infra/local/template/planned.ts';
import type { Kind } from '../../infra/ops/redrive/open-work.ts';
import { type Redrive, redriveLedger } from '../../infra/ops/redrive/redrive-ledger.ts';
import { closeTarget, openTarget } from '../../infra/ops/redrive/target.ts';
import type { Events } from './events.ts';
import type { RequestFaults } from './requests.ts';

const SESSION_TIMEOUT_MS = 2_000;
/** Each time that a mapping starts it gets one of each: small batches make many commits, large ones are split more. */
const BATCH_RECORDS = [100, 300, 1_000, 10_000];
const WINDOWS_MS = [0, 100, 500];
/** Lambda's documentation can be read either way. */
const PARTIAL_RETRIES: readonly PartialRetry[] = ['listed', 'resume'];

interface ProofRuntimeOptions {
  readonly templates: string;
  readonly folder: string;
  readonly requests: RequestFaults;
  readonly random: Seeded;
  readonly events: Events;
  readonly fail: (error: unknown) => void;
}

export interface ProofRuntime {
  readonly localRuntime: LocalRuntime;
  /** Where operators' tools invoke functions. */
  readonly lambda: InvokeEndpoint;
  readonly folder: string;
  readonly partialRetry: PartialRetry;
  /** From now on mappings start as they are planned. */
  readonly startAsPlanned: () => void;
  stop(): Promise<void>;
}

export async function startProofRuntime(options: ProofRuntimeOptions): Promise<ProofRuntime> {
  const { templates, folder, requests, random, events, fail } = options;
  const partialRetry = random.pick(PARTIAL_RETRIES) ?? 'listed';
  let vary = true;
  let proxy: FaultProxy | undefined;
  let running: LocalRuntime | undefined;
  const localRuntime = await LocalRuntime.start({
    templates,
    folder,
    fresh: false,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    partialRetry,
    mappings: (planned) => (vary ? varyBatches(planned, random) : planned),
    say: (line) => events.add('runtime said', { what: line }),
    fail,
    functionsReach: async (direct) => {
      proxy = await FaultProxy.start({
        endpoint: direct.endpoint,
        decide: (call) => requests.decide(call),
        heard: (heard) => requests.hear(heard),
        signal: (sandbox, name, at) =>
          running && signalSandbox(running.children.list(), sandbox, name, at, events),
      });
      return { ...direct, endpoint: proxy.endpoint };
    },
  });
  running = localRuntime;
  // However this process ends: what is frozen can't notice by itself.
  const killAll = () => localRuntime.children.killAll();
  process.on('exit', killAll);
  const lambda = await InvokeEndpoint.start(localRuntime);
  return {
    localRuntime,
    lambda,
    folder,
    partialRetry,
    startAsPlanned() {
      vary = false;
    },
    async stop() {
      await lambda.close();
      await localRuntime.stop();
      await proxy?.close();
      process.off('exit', killAll);
    },
  };
}

function varyBatches(planned: PlannedMapping, random: Seeded): PlannedMapping {
  const batchSize = random.pick(BATCH_RECORDS) ?? planned.batchSize;
  return { ...planned, batchSize, windowMs: random.pick(WINDOWS_MS) ?? planned.windowMs };
}

/** Only to a function of the runtime, and written down where it came through. */
export function signalSandbox(
  children: readonly Child[],
  sandbox: string,
  name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT',
  at: InjectedFault['kind'],
  events: Events,
): void {
  const child = children.find(({ pid, role }) => role === 'function' && `pid-${pid}` === sandbox);
  if (child === undefined) return;
  try {
    process.kill(child.pid, name);
    if (name === 'SIGKILL') events.add('killed: function', { what: at });
    if (name !== 'SIGCONT') events.add(`function ${at}`);
  } catch {
    // It has ended by itself since.
  }
}

/** The poller that owns the partition of a journal; undefined where nobody does. */
export function findOwner(
  localRuntime: Pick<LocalRuntime, 'plan' | 'children' | 'owned'>,
  group: string,
  journal: string,
): Child | undefined {
  const partition = Number(journal.split('#').at(-1));
  const pollers = localRuntime.plan.mappings
    .filter(({ groupId }) => groupId === group)
    .map((mapping) => localRuntime.owned(mapping).get(partition)?.poller);
  return localRuntime.children
    .list()
    .find(
      ({ role, group: of, name }) =>
        role === 'poller' && of === group && pollers.some((poller) => name === `poller ${poller}`),
    );
}

const LOOK_EVERY_MS = 100;

/** Counts how often groups share out their partitions again, and which partitions moved, by what their members report. */
export class Rebalances {
  readonly #timer: NodeJS.Timeout;
  readonly #events: Events;
  readonly #generations = new Map<string, number>();
  readonly #owners = new Map<string, number>();
  readonly #moved = new Set<string>();
  #count = 0;

  constructor(localRuntime: Pick<LocalRuntime, 'plan' | 'pollersOf' | 'owned'>, events: Events) {
    this.#events = events;
    this.#timer = setInterval(() => this.#look(localRuntime), LOOK_EVERY_MS);
  }

  get count(): number {
    return this.#count;
  }

  /** Partitions of a group that another member of it has taken over. */
  get moved(): number {
    return this.#moved.size;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A group whose offsets were forgotten begins again at generation 1. */
  #look(localRuntime: Pick<LocalRuntime, 'plan' | 'pollersOf' | 'owned'>): void {
    for (const mapping of localRuntime.plan.mappings) {
      const { generation } = localRuntime.pollersOf(mapping);
      if (generation < 0) continue;
      this.#count += Math.max(0, generation - (this.#generations.get(mapping.id) ?? generation));
      this.#generations.set(mapping.id, generation);
      for (const [partition, { poller }] of localRuntime.owned(mapping)) {
        const name = `${mapping.groupId} ${mapping.topic}-${partition}`;
        const before = this.#owners.get(name);
        if (poller === undefined || poller === before) continue;
        this.#owners.set(name, poller);
        if (before === undefined) continue;
        this.#moved.add(name);
        this.#events.add('partition moved', { what: `${name} from poller ${before} to ${poller}` });
      }
    }
  }
}

export interface LedgerAccess {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly planned: PlannedTable;
  readonly log: TopicLog;
}

/** The ledger that a mapping's function writes, and the log that it reads. */
export async function withLedger<Result>(
  localRuntime: LocalRuntime,
  mapping: PlannedMapping,
  work: (access: LedgerAccess) => Promise<Result>,
): Promise<Result> {
  const planned = findTable(localRuntime, mapping);
  const client = new DynamoDBClient(buildClientConfig(localRuntime.dynamodb));
  const log = new TopicLog({ bootstrapBrokers: [...localRuntime.kafka] }, mapping.topic, mapping.groupId);
  try {
    return await work({ client, table: planned.name, planned, log });
  } finally {
    client.destroy();
    await log.close().catch(() => {});
  }
}

function findTable(localRuntime: LocalRuntime, mapping: PlannedMapping): PlannedTable {
  const environment = Object.values(localRuntime.functionOf(mapping.functionId).environment);
  const planned = localRuntime.plan.tables.find(({ name }) => environment.includes(name));
  if (planned === undefined) throw new Error(`the function of ${mapping.groupId} is told of no table`);
  return planned;
}

/** One run of the rollup of that ledger, by every function that the templates put on a schedule for its table. */
export async function rollUp(localRuntime: LocalRuntime, mapping: PlannedMapping): Promise<void> {
  const { name } = findTable(localRuntime, mapping);
  const rollups = localRuntime.plan.schedules.filter(({ functionId }) =>
    Object.values(localRuntime.functionOf(functionId).environment).includes(name),
  );
  await Promise.all(
    rollups.map(({ functionId }) => localRuntime.sandboxesOf(functionId).invoke(Buffer.from('{}'))),
  );
}

/** Whether a mapping may commit past records that no ledger holds. */
export function mayDiscard({ retryAttempts, maxAgeSeconds, destination }: PlannedMapping): boolean {
  return retryAttempts >= 0 || maxAgeSeconds >= 0 || destination !== undefined;
}

/** What a mapping that never discards passes over is a loss: no redrive may mend it before the auditor has seen it. */
function kindsToRedrive(mapping: PlannedMapping): ReadonlySet<Kind> {
  return new Set<Kind>(mayDiscard(mapping) ? ['parked', 'gaps', 'destination'] : ['parked']);
}

/** The redrive of `clickledger redrive`, through the deployed function. */
export function redrive(
  { localRuntime, lambda, folder }: Pick<ProofRuntime, 'localRuntime' | 'lambda' | 'folder'>,
  mapping: PlannedMapping,
  signal: AbortSignal,
): Promise<Redrive> {
  return withLedger(localRuntime, mapping, async ({ table }) => {
    const group = buildRunGroup(mapping, localRuntime.functionOf(mapping.functionId).name, folder);
    const target = openTarget({
      ledger: mapping.groupId,
      kafka: { bootstrapBrokers: [...localRuntime.kafka] },
      topic: mapping.topic,
      group: mapping.groupId,
      table,
      dynamodb: buildClientConfig(localRuntime.dynamodb),
      function: group.function,
      lambda: buildClientConfig(lambda.access),
      sourceArn: mapping.sourceArn,
      batchRecords: mapping.batchSize,
      destination: group.destination === undefined ? undefined : { folder: group.destination },
    });
    try {
      return await redriveLedger(
        target,
        { kinds: kindsToRedrive(mapping) },
        { apply: true, signal, progress: () => {} },
      );
    } finally {
      await closeTarget(target);
    }
  });
}
