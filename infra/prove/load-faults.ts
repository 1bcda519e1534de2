/** What befalls the topic while clicks flow: odd records, and one partition more. */
import type { Action, Arena } from './arena.ts';
import type { Load } from './load.ts';

const ODD_AT_ONCE = 8;

export function loadFaults({ events }: Arena, load: Load) {
  let grown = false;
  return {
    async poison(): Promise<void> {
      const sent = await load.poison.send(ODD_AT_ONCE).catch(() => false);
      if (sent) events.add('poison sent');
    },

    /** Once: a topic can't lose it again. */
    async addPartition(): Promise<void> {
      if (grown) return;
      grown = true;
      await load.addPartition();
      events.add('partition added');
    },
  } satisfies Record<string, Action>;
}
