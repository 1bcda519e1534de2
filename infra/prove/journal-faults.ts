/** What befalls journals beside their groups: rollups at once, records that come again, early and in part, and weeks that pass. */
import { eventPayload, fetchedRecord } from '../local/mapping/kafka-event.ts';
import { type Action, type Arena, ledgerOf, pollersOf } from './arena.ts';
import { withLedger } from './ledger-access.ts';
import { letTimePass } from './time-passes.ts';

/** Every other one of them makes as many gaps as a journal can bear (1,000), or more. */
const RECORDS_READ = 2_200;

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

    /** As a redrive hands them over: records read from the log's end or its middle, all or some, while their group is at them too. */
    async applyInPart(): Promise<void> {
      const mapping = arena.mapping();
      if (arena.isAlone(ledgerOf(mapping))) return;
      const payload = await withLedger(ground, mapping, async ({ log }) => {
        const bounds = await log.bounds();
        const partition = Math.floor(random.next() * bounds.length);
        const { start, end } = bounds[partition] ?? { start: 0, end: 0 };
        const from = random.chance(0.7)
          ? Math.max(start, end - RECORDS_READ)
          : Math.floor(random.between(start, end));
        const until = Math.min(end, from + Math.ceil(random.between(1, RECORDS_READ)));
        const every = random.pick([1, 2, 2, 3]) as number;
        const taken = [];
        for await (const { offset, time, key, value } of log.records(partition, { start: from, end: until }))
          if (offset % every === 0) {
            const record = {
              topic: mapping.topic,
              partition,
              offset,
              timestamp: time,
              key,
              value,
              headers: [],
            };
            taken.push(fetchedRecord({ ...record, timestampType: 'LOG_APPEND_TIME' }));
          }
        const source = { arn: mapping.sourceArn, bootstrap: ground.kafka.join(',') };
        return eventPayload(source, new Map([[`${mapping.topic}-${partition}`, taken]]));
      });
      events.add('applied in part', { what: mapping.groupId });
      await ground.sandboxesOf(mapping.functionId).invoke(payload);
    },

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
