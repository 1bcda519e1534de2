/**
 * The register of every process that the ground has started, kept current as they come and go, so that people can point
 * their own tools (and their own SIGKILL) at them, and so that nothing stays behind: whatever still stands in it when
 * the ground ends is ended by its pid.
 */
import { EventEmitter } from 'node:events';

export interface Child {
  readonly role: 'broker' | 'dynamodb' | 'poller' | 'function' | 'producer';
  /** The consumer group that it works for. */
  readonly group?: string | undefined;
  /** What it is, for people: the name of a function, the number of a poller. */
  readonly name: string;
  readonly pid: number;
}

export class Children extends EventEmitter<{ change: [] }> {
  readonly #children = new Map<number, Child>();

  add(child: Child): void {
    this.#children.set(child.pid, child);
    this.emit('change');
  }

  remove(pid: number): void {
    if (this.#children.delete(pid)) this.emit('change');
  }

  list(): Child[] {
    return [...this.#children.values()];
  }

  /** Ends what is left, at once. */
  killAll(): void {
    for (const { pid } of this.#children.values()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }
}
