/** A mapping on the laptop localRuntime, with the scripted function behind it: pollers and sandboxes as the localRuntime starts them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, Children } from '../../infra/local/children.ts';
import { EmittedMetrics } from '../../infra/local/emitted-metrics.ts';
import { createPollerAssignment } from '../../infra/local/mapping/assignment.ts';
import type { PartialRetry } from '../../infra/local/mapping/decide.ts';
import { Pollers } from '../../infra/local/mapping/pollers.ts';
import { Invoker } from '../../infra/local/sandbox/invoker.ts';
import { Sandboxes } from '../../infra/local/sandbox/sandboxes.ts';
import type {
  PlannedFunction,
  PlannedMapping,
  StartingPosition,
} from '../../infra/local/template/planned.ts';
import { type Behaviour, behave, type Call, callsOf } from './scripted-function.ts';

export interface LocalMappingOptions {
  /** The test's own; short, as sockets lie in it. */
  readonly folder: string;
  readonly bootstrap: readonly string[];
  /** Also the group's id. */
  readonly topic: string;
  readonly pollers?: number;
  readonly batchSize?: number;
  readonly windowMs?: number;
  readonly partialResponses?: boolean;
  readonly timeoutSeconds?: number;
  readonly startingPosition?: StartingPosition;
  readonly partialRetry?: PartialRetry;
  /** What is otherwise of the function. */
  readonly target?: Partial<PlannedFunction>;
  /** Other rules of the mapping. */
  readonly rules?: Partial<PlannedMapping>;
}

export class LocalMapping {
  readonly children = new Children();
  readonly sandboxes: Sandboxes;
  readonly pollers: Pollers;
  readonly said: string[] = [];
  readonly failures: string[] = [];
  readonly #folder: string;

  constructor(options: LocalMappingOptions) {
    const { folder, bootstrap, timeoutSeconds = 30 } = options;
    this.#folder = folder;
    behave(folder, { does: 'succeed' });
    this.sandboxes = sandboxesIn(folder, this.children, options.target, new EmittedMetrics(), this.#fail);
    const mapping = plannedMapping(options);
    this.pollers = new Pollers({
      mapping,
      assignment: createPollerAssignment(mapping, {
        bootstrap,
        target: { name: plannedFunction.name, timeoutSeconds },
        sessionTimeoutMs: 6_000,
        partialRetry: options.partialRetry ?? 'listed',
        destinations: join(folder, 'destinations'),
      }),
      sandboxes: this.sandboxes,
      children: this.children,
      logFolder: folder,
      say: (message) => this.said.push(message),
      fail: this.#fail,
    });
  }

  readonly #fail = ({ message }: Error) => void this.failures.push(message);

  behave(...behaviours: Behaviour[]): void {
    behave(this.#folder, ...behaviours);
  }

  /** The calls with records of a partition, or all. */
  calls(at: Call['at'], partition?: number): Call[] {
    return callsOf(this.#folder).filter(
      (call) => call.at === at && (partition === undefined || call.offsets[partition] !== undefined),
    );
  }

  processes(role: Child['role']): Child[] {
    return this.children.list().filter((child) => child.role === role);
  }

  async stop(): Promise<void> {
    await this.pollers.stop();
    this.sandboxes.close();
    this.children.killAll();
  }
}

/** Sandboxes of the scripted function, whose notes go into the folder, or of another. */
export function sandboxesIn(
  folder: string,
  children: Children,
  fields: Partial<PlannedFunction> = {},
  metrics = new EmittedMetrics(),
  fail: (error: Error) => void = (error) => console.error(error),
): Sandboxes {
  const socketFolder = join(folder, 's');
  mkdirSync(socketFolder, { recursive: true });
  return new Sandboxes({
    planned: { ...plannedFunction, environment: { TEST_FOLDER: folder }, ...fields },
    group: undefined,
    environment: { PATH: process.env['PATH'] ?? '' },
    socketFolder,
    logFolder: folder,
    children,
    metrics,
    fail,
  });
}

/** The processes that are lent to so many holders at once; they are given back again. */
export async function lentAtOnce(sandboxes: Sandboxes, holders: number): Promise<number[]> {
  const invokers = [];
  for (let holder = 0; holder < holders; holder++) invokers.push(new Invoker(await sandboxes.lend()));
  for (const invoker of invokers) await invoker.invoke(Buffer.from('{"records":{}}'), 60_000);
  for (const invoker of invokers) invoker.close();
  return invokers.map(({ lease }) => lease.pid);
}

const plannedFunction: PlannedFunction = {
  id: 'function',
  name: 'scripted',
  stack: 'test',
  logicalId: 'Scripted',
  codeFolder: import.meta.dirname,
  file: join(import.meta.dirname, 'scripted-function.ts'),
  handler: 'scripted-function.handler',
  environment: {},
  timeoutSeconds: 30,
  memoryMb: 256,
};

function plannedMapping(options: LocalMappingOptions): PlannedMapping {
  const { topic, pollers = 1, batchSize = 100, windowMs = 0, partialResponses = false } = options;
  return {
    id: 'mapping',
    stack: 'test',
    logicalId: 'Mapping',
    functionId: plannedFunction.id,
    topic,
    sourceArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/clicks/UUID-1',
    groupId: topic,
    batchSize,
    windowMs,
    startingPosition: options.startingPosition ?? { from: 'TRIM_HORIZON' },
    partialResponses,
    retryAttempts: -1,
    maxAgeSeconds: -1,
    bisect: false,
    destination: undefined,
    pollers: { min: pollers, max: pollers },
    filters: [],
    enabled: true,
    ...options.rules,
  };
}
