/** What the page's buttons do to one consumer group: its pollers, its function, its place in the log. */
import { killProcess } from '../../local/children.ts';
import { forgetGroup } from '../../local/faults/forget-group.ts';
import type { LocalRuntime } from '../../local/local-runtime.ts';
import { Refused } from '../../local/page/page-server.ts';
import type { PlannedMapping } from '../../local/template/planned.ts';
import type { Happenings } from './happenings.ts';

/** Each is a process of this machine. */
const POLLERS_MAX = 6;

export class GroupActions {
  readonly #localRuntime: LocalRuntime;
  readonly #mapping: PlannedMapping;
  readonly #happenings: Happenings;
  /** Pids of pollers that are stopped. */
  readonly frozen = new Set<number>();
  readonly #pollersAtFirst: number;
  #pausedWith: number | undefined;
  #busy = false;

  constructor(localRuntime: LocalRuntime, mapping: PlannedMapping, happenings: Happenings) {
    this.#localRuntime = localRuntime;
    this.#mapping = mapping;
    this.#happenings = happenings;
    this.#pollersAtFirst = this.#pollers.count;
  }

  get paused(): boolean {
    return this.#pausedWith !== undefined;
  }

  killFunction(): string {
    const { groupId } = this.#mapping;
    const running = this.#localRuntime.children
      .list()
      .filter(({ role, group }) => role === 'function' && group === groupId);
    const victim = running[Math.floor(Math.random() * running.length)];
    if (victim === undefined) throw new Refused('no function of this group runs at the moment');
    killProcess(victim.pid);
    return this.#say('killed', `a function (pid ${victim.pid}) is killed`);
  }

  killPoller(number: number): string {
    const { pid } = this.#member(number);
    this.#pollers.kill(number);
    this.frozen.delete(pid);
    return this.#say('killed', `poller ${number} (pid ${pid}) is killed`);
  }

  freeze(number: number): string {
    const { pid } = this.#member(number);
    if (this.frozen.has(pid)) throw new Refused(`poller ${number} is frozen already`);
    process.kill(pid, 'SIGSTOP');
    this.frozen.add(pid);
    return this.#say('frozen', `poller ${number} (pid ${pid}) is frozen: it sends no heartbeats`);
  }

  thaw(number: number): string {
    const { pid } = this.#member(number);
    if (!this.frozen.delete(pid)) throw new Refused(`poller ${number} is not frozen`);
    process.kill(pid, 'SIGCONT');
    return this.#say('thawed', `poller ${number} (pid ${pid}) goes on where it was stopped`);
  }

  add(): string {
    this.#refuseWhileBusy();
    if (this.paused) throw new Refused('the group is paused: resume it first');
    if (this.#pollers.count >= POLLERS_MAX)
      throw new Refused(`${POLLERS_MAX} pollers are enough on one machine`);
    this.#pollers.add();
    return this.#say('added', 'a poller is started');
  }

  async remove(): Promise<string> {
    this.#refuseWhileBusy();
    if (this.#pollers.count <= 1) throw new Refused('the last poller stays; pause the group instead');
    await this.#exclusively(() => this.#pollers.remove());
    return this.#say('removed', 'a poller leaves');
  }

  /** Like a disabled event source mapping: nothing is read, and the position is kept. */
  async pause(): Promise<string> {
    if (this.paused) throw new Refused('the group is paused already');
    await this.#exclusively(async () => {
      this.#pausedWith = this.#pollers.count;
      await this.#removeAll();
    });
    return this.#say('paused', 'all pollers have left; the position stays');
  }

  resume(): string {
    this.#refuseWhileBusy();
    if (this.#pausedWith === undefined) throw new Refused('the group is not paused');
    this.#startAll(this.#pausedWith);
    this.#pausedWith = undefined;
    return this.#say('resumed', 'goes on at its committed offsets');
  }

  /** Forgets what the group has committed: it reads everything again, and its ledger has to stay as it is. */
  async replay(): Promise<string> {
    if (this.paused) throw new Refused('the group is paused: resume it first');
    const { groupId } = this.#mapping;
    await this.#exclusively(async () => {
      const pollers = this.#pollers.count;
      this.#thawAll();
      await this.#pollers.stop();
      const forgotten = await forgetGroup(this.#localRuntime.kafka, groupId);
      this.#localRuntime.addMapping(this.#mapping);
      this.#startAll(pollers);
      if (!forgotten)
        throw new Refused('the broker still waits for a member that was killed: try again in a few seconds');
    });
    return this.#say('replay', 'its committed offsets are deleted: it reads the log from the start');
  }

  /** As it was when the page began. */
  async reset(): Promise<void> {
    this.#refuseWhileBusy();
    this.#thawAll();
    if (this.paused) this.resume();
    await this.#exclusively(async () => {
      while (this.#pollers.count > this.#pollersAtFirst) await this.#pollers.remove();
      while (this.#pollers.count < this.#pollersAtFirst) this.#pollers.add();
    });
  }

  get #pollers() {
    return this.#localRuntime.pollersOf(this.#mapping);
  }

  #member(number: number) {
    const member = this.#pollers.members().find((each) => each.number === number);
    // Only processes of the local runtime get a signal.
    if (member === undefined || !this.#isRunning(member.pid))
      throw new Refused(`${this.#mapping.groupId} has no poller ${number}`);
    return member;
  }

  #isRunning(pid: number): boolean {
    return this.#localRuntime.children.list().some((child) => child.role === 'poller' && child.pid === pid);
  }

  /** A frozen one does not hear that it should stop. */
  #thawAll(): void {
    for (const pid of this.frozen) if (this.#isRunning(pid)) process.kill(pid, 'SIGCONT');
    this.frozen.clear();
  }

  async #removeAll(): Promise<void> {
    this.#thawAll();
    const pollers = this.#pollers;
    const leaving: Promise<void>[] = [];
    while (pollers.count > 0) leaving.push(pollers.remove());
    await Promise.all(leaving);
  }

  #startAll(pollers: number): void {
    while (this.#pollers.count < pollers) this.#pollers.add();
  }

  async #exclusively(work: () => Promise<void>): Promise<void> {
    this.#refuseWhileBusy();
    this.#busy = true;
    try {
      await work();
    } finally {
      this.#busy = false;
    }
  }

  #refuseWhileBusy(): void {
    if (this.#busy) throw new Refused('the group is changing at this moment: try again in a second');
  }

  #say(kind: string, says: string): string {
    this.#happenings.add(kind, this.#mapping.groupId, says);
    return says;
  }
}
