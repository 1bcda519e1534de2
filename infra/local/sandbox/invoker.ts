/**
 * The side that invokes: holds one sandbox, sends it one event at a time and waits for its answer, no longer than the
 * function's timeout. A sandbox that does not answer in time is killed, as Lambda resets an environment that timed out.
 * One that ended before it had begun never reached the function: that is the platform's fault, as a throttle would be.
 */
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { killProcess } from '../children.ts';
import type { InvocationEnd } from '../mapping/decide.ts';
import { readFrames, writeFrame } from './frames.ts';

/** A sandbox that the ground has given to one holder. */
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

  /** Ends its process, whatever it is at. */
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
