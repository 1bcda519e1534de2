/**
 * Runs scheduled functions: once per interval, never two runs at the same time. A run that takes longer than the interval
 * delays the next one; AWS would start them in parallel. A failed run is reported and not repeated.
 */

import { Invoker } from './sandbox/invoker.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';
import type { PlannedFunction, PlannedSchedule } from './template/planned.ts';

export class Schedule {
  readonly #planned: PlannedSchedule;
  readonly #function: PlannedFunction;
  readonly #sandboxes: Sandboxes;
  readonly #say: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  #invoker: Invoker | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(
    planned: PlannedSchedule,
    target: PlannedFunction,
    sandboxes: Sandboxes,
    say: (line: string) => void,
  ) {
    this.#planned = planned;
    this.#function = target;
    this.#sandboxes = sandboxes;
    this.#say = say;
    this.#timer = setInterval(() => {
      this.#running ??= this.#run();
    }, planned.everyMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#invoker?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      if (this.#invoker === undefined || !this.#invoker.usable)
        this.#invoker = new Invoker(await this.#sandboxes.lend());
      const payload = Buffer.from(JSON.stringify(this.#planned.input ?? {}));
      const end = await this.#invoker.invoke(payload, this.#function.timeoutSeconds * 1000);
      const fault = 'failed' in end ? end.failed : 'unreached' in end ? end.unreached : undefined;
      if (fault !== undefined && !this.#stopped) this.#say(`${this.#function.name} failed: ${fault}`);
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error));
    } finally {
      this.#running = undefined;
    }
  }
}
