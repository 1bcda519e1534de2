/** What befalls processes at any time: killed, or frozen and woken up later. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from '../../infra/local/children.ts';
import type { Action, Arena } from './arena.ts';

const LOOK_EVERY_MS = 100;

/** @param groupFrozenMs how long all functions of one group stand still */
export function processFaults(arena: Arena, groupFrozenMs: number) {
  const { ground, random, events } = arena;
  const kill = (role: Child['role']): Action => {
    return async () => arena.kill(arena.one(role), 'at any time');
  };
  return {
    killFunction: kill('function'),
    killPoller: kill('poller'),
    killProducer: kill('producer'),
    killBroker: kill('broker'),
    killDynamoDb: kill('dynamodb'),

    /** Longer than its session, so that the group goes on without it, and it wakes up among strangers. */
    freezePoller: () => arena.freeze(arena.one('poller'), random.between(2_500, 5_000)),

    freezeFunction: () => arena.freeze(arena.one('function'), random.between(300, 4_000)),

    /** Stopped one by one and woken up in another order. */
    async swizzle(): Promise<void> {
      const stopped = ground.children.list().filter(({ role }) => role === 'function' && random.chance(0.5));
      events.add('functions swizzled');
      for (const child of stopped) {
        arena.aside('swizzle', arena.freeze(child, random.between(300, 3_000)));
        await arena.wait(random.between(20, 200));
      }
    },

    /** Every function of one group, those that start meanwhile too; the others have to go on untouched (I9). */
    async freezeGroup(): Promise<void> {
      const { groupId } = arena.mapping();
      const stopped = new Map<number, Child>();
      const ends = performance.now() + groupFrozenMs;
      events.add('group frozen', { what: groupId });
      arena.faults.standing = groupId;
      while (performance.now() < ends && !arena.until.aborted) {
        for (const child of ground.children.list())
          if (child.role === 'function' && child.group === groupId && !stopped.has(child.pid))
            if (arena.signal(child, 'SIGSTOP')) stopped.set(child.pid, child);
        await pause(LOOK_EVERY_MS);
      }
      arena.faults.standing = undefined;
      for (const child of stopped.values()) arena.signal(child, 'SIGCONT');
    },
  } satisfies Record<string, Action>;
}
