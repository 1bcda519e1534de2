/** What befalls consumer groups: members that come and go, offsets that are forgotten, other batches, another group on the same ledger. */

import { forgetGroup } from '../../infra/local/faults/forget-group.ts';
import { type Action, type Arena, ledgerOf, pollersOf } from './arena.ts';

const POLLERS_MAX = 4;
export function groupFaults(arena: Arena) {
  const { ground, random, events } = arena;
  return {
    async addPoller(): Promise<void> {
      const mapping = arena.mapping();
      const pollers = ground.pollersOf(mapping);
      if (pollers.count >= POLLERS_MAX || arena.isAlone(pollersOf(mapping))) return;
      pollers.add();
      events.add('poller added');
    },

    async removePoller(): Promise<void> {
      const mapping = arena.mapping();
      const pollers = ground.pollersOf(mapping);
      if (pollers.count <= 1 || arena.isAlone(pollersOf(mapping))) return;
      events.add('poller removed');
      await pollers.remove();
    },

    /** Forgets what a group has committed, as an expiry of offsets would: it reads everything again. */
    async replay(): Promise<void> {
      const mapping = arena.mapping();
      await arena.alone([pollersOf(mapping)], async () => {
        await ground.pollersOf(mapping).stop();
        const forgotten = await forgetGroup(ground.kafka, mapping.groupId);
        ground.addMapping(mapping);
        if (forgotten) events.add('replayed', { what: mapping.groupId });
      });
    },

    /** It is set up anew, with batches of another size. */
    async changeBatches(): Promise<void> {
      const mapping = arena.mapping();
      await arena.alone([pollersOf(mapping)], async () => {
        await ground.pollersOf(mapping).stop();
        ground.addMapping(mapping);
        events.add('other batches', { what: mapping.groupId });
      });
    },

    /** For a while another group reads into the same ledger: the whole topic, or what comes from now on, before the first is there. */
    async secondMapping(): Promise<void> {
      const mapping = arena.mapping();
      await arena.alone([ledgerOf(mapping)], async () => {
        const id = `${mapping.id}-second-${events.count('second mapping')}`;
        const from = random.chance(0.5) ? 'LATEST' : 'TRIM_HORIZON';
        const second = {
          ...mapping,
          id,
          groupId: `${id}-group`,
          startingPosition: { from },
        } as const;
        events.add('second mapping', { what: `${mapping.groupId} ${from}` });
        // With the first group away for a while, the second begins ahead of it, and what lies between is a gap until it comes.
        for (const child of from === 'LATEST' ? ground.children.list() : [])
          if (child.role === 'poller' && child.group === mapping.groupId)
            arena.kill(child, 'before a second mapping');
        const pollers = ground.addMapping(second);
        await arena.wait(random.between(5_000, 15_000));
        await pollers.stop();
      });
    },
  } satisfies Record<string, Action>;
}
