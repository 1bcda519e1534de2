/** Entries that settle parked records, forged with a right seal: what only the chain and the list can find. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Changed, Entry, State } from '../../../shared/journal/journal.ts';
import { buildCheckpointItem, buildEntryItem } from '../../../shared/journal/journal-items.ts';
import { readCheckpoint } from '../../../shared/journal/journal-store.ts';
import { entriesOf, type MemoryLedger } from '../../support/memory-ledger.ts';
import { audit } from './audited-ledger.ts';
import { committed, fullLedger, JOURNAL, log } from './full-ledger.ts';

/** One entry more, sealed, that says what no writer would. */
async function forged(changed: Partial<Changed>, state: (head: State) => Partial<State> = () => ({})) {
  const ledger = await fullLedger();
  const head = entriesOf(ledger, JOURNAL).at(-1) as Entry;
  const nothing = { offsets: [], void: [], parked: [], unparked: [], accepted: undefined };
  const entry: Entry = {
    ...head,
    changed: { ...nothing, lines: '{}', flags: [], ...changed },
    state: { ...head.state, version: head.state.version + 1, ...state(head.state) },
  };
  ledger.memory.set(buildEntryItem(JOURNAL, entry, 2_000_000_000));
  return faultsOf(ledger);
}

async function faultsOf(ledger: MemoryLedger): Promise<string[]> {
  const { faults } = await audit(ledger, { committed, records: log });
  return faults.map(({ kind, what }) => `${kind}: ${what}`);
}

const decision = { reason: 'r', who: 'w' };
const oneLess = ({ openParked }: State) => ({ openParked: openParked - 1 });

describe('an audit of what was settled', () => {
  it('names a parked record that is settled twice, by the entry that came later (I1)', async () => {
    const accepted = { ...decision, offsets: [3, 3] };

    const faults = await forged({ accepted }, oneLess);

    assert.ok(faults.includes('double: entry 7 settles offset 3 again, after entry 5'), faults.join('\n'));
  });

  it('names an offset that is settled and was never parked', async () => {
    const faults = await forged({ accepted: { ...decision, offsets: [4, 4] } }, oneLess);

    assert.ok(
      faults.includes('chain: entry 7 settles offset 4 as parked before, and it was not'),
      faults.join('\n'),
    );
  });

  it('names an entry that counts its open records wrong', async () => {
    const faults = await forged({}, oneLess);

    assert.ok(
      faults.some((fault) => fault.startsWith('chain: entry 7 has state.openParked')),
      faults.join('\n'),
    );
  });

  it('names an entry that accepts what it parks', async () => {
    const parked = [{ offset: 13, reason: 'value.json', sha256: 'f'.repeat(64) }];
    const accepted = { ...decision, offsets: [13, 13] };

    const faults = await forged({ offsets: [13, 13], parked, accepted });

    assert.ok(
      faults.includes('chain: entry 7 accepts offsets 13, which it parks, voids or applies'),
      faults.join('\n'),
    );
  });

  it('names a checkpoint that counts other records as open than are listed', async () => {
    const ledger = await fullLedger();
    const checkpoint = (await readCheckpoint(ledger, JOURNAL)) as State;
    ledger.memory.set(buildCheckpointItem(JOURNAL, { ...checkpoint, openParked: 4 }));

    assert.ok(
      (await faultsOf(ledger)).some((fault) =>
        /^parked: listed as open through version 5: 0 records; the checkpoint counts 4/.test(fault),
      ),
    );
  });
});
