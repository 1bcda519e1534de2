/** What befalls the topic while clicks flow: odd records, and one partition more. */
import type { Action, Arena } from './arena.ts';
import type { Load } from './load.ts';

const ODD_AT_ONCE = 8;
/** A journal can bear 1,000 runs of parked records; these make about 500 in each of three partitions. */
const HANDFULS_MAX = 300;

export function loadFaults({ events }: Arena, load: Load) {
  let grown = false;
  return {
    async poison(): Promise<void> {
      if (events.count('poison sent') >= HANDFULS_MAX) return;
      await load.poison.send(ODD_AT_ONCE);
      events.add('poison sent');
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
