/** A ledger on the simulated table, for tests that want the real store without a schedule. */
import type { Clock } from '../../shared/clock.ts';
import type { Entry } from '../../shared/journal/journal.ts';
import { readEntry } from '../../shared/journal/journal-items.ts';
import type { Ledger, Sender } from '../../shared/journal/journal-store.ts';
import { type Command, SimulatedTable } from './simulated-table.ts';

export interface MemoryLedger extends Ledger {
  readonly memory: SimulatedTable;
  readonly sent: Command[];
}

/** @param answer may throw, or answer in the table's place, before a command is executed */
export function memoryLedger(answer: (command: Command) => unknown = () => undefined): MemoryLedger {
  const memory = new SimulatedTable();
  const sent: Command[] = [];
  async function send(command: Command): Promise<unknown> {
    sent.push(command);
    return (await answer(command)) ?? memory.execute(command);
  }
  return { client: { send } as unknown as Sender, table: 'ledger', entryDays: 35, memory, sent };
}

export function entriesOf(ledger: MemoryLedger, journal: string): Entry[] {
  const items = [...(ledger.memory.items.get(journal)?.entries() ?? [])].filter(([sk]) =>
    sk.startsWith('entry#'),
  );
  return items.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => readEntry(item));
}

/** Moves only when somebody sleeps. */
export function steppedClock(now: number): Clock {
  let time = now;
  return {
    now: () => time,
    random: () => 0.5,
    sleep: async (ms) => {
      time += ms;
    },
  };
}
