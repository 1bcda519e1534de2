/**
 * Invokes a function through one sandbox: sends one event at a time, and waits for the answer up to the function's timeout. A
 * sandbox that does not answer in time is killed, as Lambda resets an environment after a timeout. If a sandbox ends
 * before it has begun the invocation, the function was not reached: that is a platform error, like a throttle.
 */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { killProcess } from '../children.ts';
import type { InvocationEnd } from '../mapping/decide.ts';
import { readFrames, writeFrame } from './frames.ts';

/** A sandbox that the local runtime has lent to one holder. */
export interface Lease {
  readonly id: number;
  readonly pid: number;
  readonly socket: string;
}

export class Invoker {
  readonly lease: Lease;
  readonly #socket: Socket;
  #settle: ((end: InvocationEnd) => void) | undefined;
  #begun = false;
  #gone = false;

  constructor(lease: Lease) {
    this.lease = lease;
    this.#socket = connect(lease.socket);
    readFrames(this.#socket, ({ header }) => {
      if (isBegun(header)) this.#begun = true;
      else this.#settle?.(header as InvocationEnd);
    });
    const lost = () => {
      this.#gone = true;
      this.#settle?.(this.#begun ? { failed: this.#ended } : { unreached: this.#ended });
    };
    this.#socket.on('error', lost);
    this.#socket.on('close', lost);
  }

  /** False once its process is known to have ended. */
  get usable(): boolean {
    return !this.#gone;
  }

  get #ended(): string {
    return `the process of the function ended (pid ${this.lease.pid})`;
  }

  async invoke(payload: Buffer, timeoutMs: number, requestId: string = randomUUID()): Promise<InvocationEnd> {
    if (this.#gone) return { unreached: this.#ended };
    const { promise, resolve } = Promise.withResolvers<InvocationEnd>();
    this.#begun = false;
    this.#settle = resolve;
    const timer = setTimeout(() => {
      this.kill();
      resolve({ failed: `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds` });
    }, timeoutMs);
    writeFrame(this.#socket, { requestId, timeoutMs }, payload);
    const end = await promise;
    clearTimeout(timer);
    this.#settle = undefined;
    return end;
  }

  /** Kills its process, also during an invocation. */
  kill(): void {
    if (this.#gone) return;
    this.#gone = true;
    killProcess(this.lease.pid);
  }

  close(): void {
    this.#gone = true;
    this.#socket.destroy();
  }
}

function isBegun(header: unknown): boolean {
  return typeof header === 'object' && header !== null && 'begun' in header;
}
