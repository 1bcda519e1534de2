/**
 * The sandboxes of one function. Starts a process for each concurrent invocation, lends it to a poller or a schedule, takes
 * it back warm, and forgets it when it ends. A sandbox reports when it is free: its holder has closed the socket or died,
 * and its invocation has ended.
 */

import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { findInnermostMessage, UserError } from '../../terminal/user-error.ts';
import type { Children } from '../children.ts';
import type { EmittedMetrics } from '../emitted-metrics.ts';
import { FRUITLESS_STARTS_MAX, ManagedProcess } from '../managed-process.ts';
import type { InvocationEnd } from '../mapping/decide.ts';
import { formatFunctionArn } from '../template/names.ts';
import type { PlannedFunction } from '../template/planned.ts';
import { Invoker, type Lease } from './invoker.ts';

interface SandboxesOptions {
  readonly planned: PlannedFunction;
  /** The consumer group that it works for, if it has one. */
  readonly group: string | undefined;
  /** Variables of every function, besides its own environment: region, credentials, endpoints. */
  readonly environment: Readonly<Record<string, string>>;
  /** For sockets; short, because a socket's path is limited to about 100 characters. */
  readonly socketFolder: string;
  readonly logFolder: string;
  readonly children: Children;
  readonly metrics: EmittedMetrics;
  /** The function never came up, and is not started again. */
  readonly fail: (error: UserError) => void;
}

interface Sandbox {
  readonly lease: Lease;
  readonly process: ManagedProcess<never, SandboxMessage>;
  /** The bundle that it has loaded. */
  readonly file: string;
  /** A timer that runs until the holder has connected. */
  unclaimed: NodeJS.Timeout | undefined;
}

type SandboxMessage = { readonly ready: boolean; readonly because?: string } | { readonly held: boolean };

/** A holder that was killed before it connected will never free the sandbox. */
const CLAIM_WITHIN_MS = 3_000;
const PROCESS_FILE = join(import.meta.dirname, 'sandbox-process.ts');

export class Sandboxes {
  readonly #options: SandboxesOptions;
  readonly #log: WriteStream;
  readonly #idle: Sandbox[] = [];
  readonly #lent = new Map<number, Sandbox>();
  #started = 0;
  /** Starts that failed; undefined once one has come up. */
  #fruitless: number | undefined = 0;
  #file: string;
  #ownEnvironment: PlannedFunction['environment'];

  constructor(options: SandboxesOptions) {
    this.#options = options;
    this.#file = options.planned.file;
    this.#ownEnvironment = options.planned.environment;
    this.#log = createWriteStream(join(options.logFolder, `${options.planned.name}.log`), { flags: 'a' });
  }

  /** Rejects with the reason if the function does not start. */
  async lend(): Promise<Lease> {
    const sandbox = this.#idle.pop() ?? (await this.#startOrFail());
    const { id } = sandbox.lease;
    this.#lent.set(id, sandbox);
    sandbox.unclaimed = setTimeout(() => this.#free(sandbox), CLAIM_WITHIN_MS);
    return sandbox.lease;
  }

  /** Invokes the function once, independently of the pollers. */
  async invoke(payload: Buffer, requestId?: string): Promise<InvocationEnd> {
    const invoker = new Invoker(await this.lend());
    try {
      return await invoker.invoke(payload, this.#options.planned.timeoutSeconds * 1000, requestId);
    } finally {
      invoker.close();
    }
  }

  /** A deployment: new sandboxes load this bundle with this environment. Running sandboxes end at once, also during an invocation. */
  useBundle(file: string, environment: PlannedFunction['environment']): void {
    this.#file = file;
    this.#ownEnvironment = environment;
    for (const { process } of [...this.#idle.splice(0), ...this.#lent.values()]) process.disconnect();
  }

  close(): void {
    for (const { process } of [...this.#idle, ...this.#lent.values()]) process.disconnect();
    this.#log.end();
  }

  /** A function that has come up before is always started again: a later deployment, or a person, may repair it. */
  async #startOrFail(): Promise<Sandbox> {
    try {
      const sandbox = await this.#start();
      this.#fruitless = undefined;
      return sandbox;
    } catch (error) {
      if (this.#fruitless !== undefined && ++this.#fruitless === FRUITLESS_STARTS_MAX)
        this.#options.fail(
          new UserError(
            `${findInnermostMessage(error)}: it failed to start ${FRUITLESS_STARTS_MAX} times; its log is ${join(this.#options.logFolder, `${this.#options.planned.name}.log`)}`,
            error,
          ),
        );
      throw error;
    }
  }

  async #start(): Promise<Sandbox> {
    const { planned, group, environment, socketFolder, children } = this.#options;
    this.#started += 1;
    const id = this.#started;
    const socket = join(socketFolder, `${randomUUID().slice(0, 8)}.sock`);
    const assignment = {
      file: this.#file,
      exported: planned.handler.slice(planned.handler.lastIndexOf('.') + 1),
      functionName: planned.name,
      memoryMb: planned.memoryMb,
      functionArn: formatFunctionArn(planned.name),
      socket,
    };
    const started = Promise.withResolvers<void>();
    const process = new ManagedProcess<never, SandboxMessage>({
      file: PROCESS_FILE,
      argument: () => assignment,
      environment: { ...environment, ...this.#ownEnvironment, AWS_LAMBDA_FUNCTION_NAME: planned.name },
      nodeOptions: [`--max-old-space-size=${planned.memoryMb}`],
      listed: { child: { role: 'function', group, name: planned.name }, children },
      writeLine: (line) => this.#write(line),
      hear: (message) => {
        if ('held' in message) this.#hear(sandbox, message.held);
        else if (message.ready) started.resolve();
        else started.reject(new Error(`function ${planned.name} does not start: ${message.because}`));
      },
      ended: () => this.#forget(sandbox),
      closed: (how, lastWords) => {
        const said = lastWords === undefined ? '' : `: ${lastWords}`;
        started.reject(new Error(`function ${planned.name} ended before it was ready (${how})${said}`));
      },
    });
    const { file } = assignment;
    const lease = { id, pid: process.pid ?? 0, socket };
    const sandbox: Sandbox = { lease, process, file, unclaimed: undefined };
    await started.promise;
    return sandbox;
  }

  #hear(sandbox: Sandbox, held: boolean): void {
    clearTimeout(sandbox.unclaimed);
    if (!held) this.#free(sandbox);
  }

  #forget(sandbox: Sandbox): void {
    clearTimeout(sandbox.unclaimed);
    this.#lent.delete(sandbox.lease.id);
    const at = this.#idle.indexOf(sandbox);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #free(sandbox: Sandbox): void {
    if (!this.#lent.delete(sandbox.lease.id)) return;
    // A deployment may have disconnected it already.
    if (!sandbox.process.connected) return;
    if (sandbox.file === this.#file) this.#idle.push(sandbox);
    else sandbox.process.disconnect();
  }

  #write(line: string): void {
    this.#options.metrics.take(line);
    if (!this.#log.writableEnded) this.#log.write(`${line}\n`);
  }
}
