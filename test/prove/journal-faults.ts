/** What befalls journals beside their groups: rollups at once, records that come again, early and in part, and weeks that pass. */
import { applyInPart } from './apply-in-part.ts';
import { type Action, type Arena, ledgerOf, pollersOf } from './arena.ts';
import { letTimePass } from './time-passes.ts';

const PATIENCE_MS = 30_000;

export function journalFaults(arena: Arena) {
  const { ground, random, events } = arena;
  return {
    /** Two runs of a ledger's rollup at once, beside the schedule's own; more of them would leave the machine to nobody else. */
    async rollUpTwice(): Promise<void> {
      const { functionId } = random.pick(ground.plan.schedules) ?? {};
      if (functionId === undefined) return;
      const run = () => ground.sandboxesOf(functionId).invoke(Buffer.from('{}'));
      // A rollup goes on for as long as entries come, and nothing waits for it.
      void arena.alone([`rollup ${functionId}`], async () => {
        events.add('two rollups at once', { what: functionId });
        await Promise.allSettled([run(), run()]);
      });
    },

    applyInPart: () => applyInPart(arena, arena.mapping()),

    async letWeeksPass(): Promise<void> {
      const mapping = arena.mapping();
      const pass = async () => {
        // What reads the head before and puts its entry after would wake up weeks later, and no function runs so long.
        if (!(await arena.ended(['applyInPart', 'redrive'], PATIENCE_MS))) return;
        const removed = await letTimePass(arena, mapping);
        const passed = typeof removed === 'number' && removed > 0;
        events.add(passed ? 'weeks passed' : 'weeks could not pass', {
          what: `${mapping.groupId}: ${removed}`,
        });
      };
      await arena.alone([pollersOf(mapping), ledgerOf(mapping)], pass, PATIENCE_MS);
    },
  } satisfies Record<string, Action>;
}
