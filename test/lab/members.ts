/** The lab's members as child processes: started, asked to leave, killed, and ended whatever happens. */

import { join } from 'node:path';
import { ManagedProcess } from '../../infra/local/managed-process.ts';
import { UserError } from '../../infra/terminal/user-error.ts';
import type { Arrival } from './deliveries.ts';
import type { Delivery, MemberAssignment } from './member-process.ts';

const PROCESS_FILE = join(import.meta.dirname, 'member-process.ts');
const LEAVE_WITHIN_MS = 10_000;

export class Members {
  readonly #assignment: MemberAssignment;
  readonly #take: (arrival: Arrival) => void;
  readonly #running = new Map<number, ManagedProcess<'leave', readonly Delivery[]>>();
  readonly #expected = new Set<number>();
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
    const member = new ManagedProcess<'leave', readonly Delivery[]>({
      file: PROCESS_FILE,
      argument: () => this.#assignment,
      hear: (deliveries) => {
        for (const [partition, offset, at] of deliveries)
          this.#take({ member: number, partition, offset, at });
      },
      ended: () => void this.#running.delete(number),
      closed: (how, lastWords) => {
        if (!this.#expected.has(number)) this.#broke ??= `${how} ${lastWords ?? ''}`;
      },
    });
    this.#running.set(number, member);
  }

  /** Leaves the group as Kafka wants it; resolves when it has. */
  async leave(number: number): Promise<void> {
    this.#expected.add(number);
    await this.#running.get(number)?.stop('leave', LEAVE_WITHIN_MS);
  }

  async crash(number: number): Promise<void> {
    this.#expected.add(number);
    await this.#running.get(number)?.stop('leave', 0);
  }

  async end(): Promise<void> {
    await Promise.all(this.numbers.map((number) => this.crash(number)));
  }
}
