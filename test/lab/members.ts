/** The lab's members as child processes: started, asked to leave, killed, and ended whatever happens. */

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { buildChildEnvironment, getPid, killProcess } from '../../infra/local/children.ts';
import { UserError } from '../../infra/terminal/user-error.ts';
import type { Arrival } from './deliveries.ts';
import type { Delivery, MemberAssignment } from './member-process.ts';

const PROCESS_FILE = join(import.meta.dirname, 'member-process.ts');
const LEAVE_WITHIN_MS = 10_000;
const COMPLAINT_MAX = 600;

export class Members {
  readonly #assignment: MemberAssignment;
  readonly #take: (arrival: Arrival) => void;
  readonly #running = new Map<number, ChildProcess>();
  readonly #expected = new Set<ChildProcess>();
  #next = 1;
  #broke: string | undefined;

  constructor(assignment: MemberAssignment, take: (arrival: Arrival) => void) {
    this.#assignment = assignment;
    this.#take = take;
  }

  get numbers(): number[] {
    return [...this.#running.keys()];
  }

  /** Throws where one has ended that nobody ended: what is measured then is something else. */
  check(): void {
    if (this.#broke !== undefined) throw new UserError(`a member of the lab ended by itself: ${this.#broke}`);
  }

  start(): void {
    const number = this.#next++;
    const child = fork(PROCESS_FILE, [JSON.stringify(this.#assignment)], {
      env: buildChildEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
    });
    getPid(child);
    this.#running.set(number, child);
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = `${complaint}${text}`.slice(0, COMPLAINT_MAX);
    });
    child.on('message', (deliveries: readonly Delivery[]) => {
      for (const [partition, offset, at] of deliveries) this.#take({ member: number, partition, offset, at });
    });
    child.on('exit', (code, signal) => {
      this.#running.delete(number);
      if (!this.#expected.has(child)) this.#broke ??= `${signal ?? code} ${complaint}`;
    });
  }

  /** Leaves the group as Kafka wants it; resolves when it has. */
  async leave(number: number): Promise<void> {
    const child = this.#running.get(number);
    if (child === undefined) return;
    this.#expected.add(child);
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.send('leave', () => {});
    const timer = setTimeout(() => killProcess(getPid(child)), LEAVE_WITHIN_MS);
    await exit;
    clearTimeout(timer);
  }

  async crash(number: number): Promise<void> {
    const child = this.#running.get(number);
    if (child === undefined) return;
    this.#expected.add(child);
    const exit = new Promise((resolve) => child.once('exit', resolve));
    killProcess(getPid(child));
    await exit;
  }

  async end(): Promise<void> {
    await Promise.all(this.numbers.map((number) => this.crash(number)));
  }
}
