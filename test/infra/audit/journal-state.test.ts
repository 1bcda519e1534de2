import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { StoredItem } from '../../../infra/audit/attributes.ts';
import { Findings, type JournalState } from '../../../infra/audit/findings.ts';
import { buildJournalState, checkSince, readSince } from '../../../infra/audit/journal-state.ts';
import { readCheckpointItem } from '../../../infra/audit/layout.ts';
import { formatReportJson } from '../../../infra/audit/report.ts';
import { UserError } from '../../../infra/terminal/user-error.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { audit } from './audited-ledger.ts';
import { committed, fullLedger, JOURNAL, log } from './full-ledger.ts';

const none = {
  version: 0,
  resolved: '',
  parked: '',
  clicks: '0',
  micros: '0',
  through: 0,
  seal: '',
  logEnd: 0,
};
const sight = { committed, records: log };

async function kept(): Promise<JournalState> {
  const [state] = (await audit(await fullLedger(), sight)).journals;
  assert.ok(state !== undefined);
  return state;
}

/** What an audit says that looks back at `then`. */
async function since(then: JournalState): Promise<string[]> {
  const { faults } = await audit(await fullLedger(), sight, { since: [then] });
  assert.ok(faults.every(({ kind, journal }) => kind === 'fallen' && journal === then.journal));
  return faults.map(({ what }) => what);
}

describe('an audit that looks back (A7)', () => {
  it('finds nothing where nothing has fallen', async () => {
    const then = await kept();

    assert.deepEqual(await since(then), []);
    assert.deepEqual(await since({ ...then, version: 3, resolved: '0-5', parked: '3', logEnd: 6 }), [
      `entry 3 had the seal ${then.seal}, and has ${await sealOf(3)}`,
    ]);
  });

  it('names what is less than it was', async () => {
    const then = await kept();

    assert.deepEqual(await since({ ...then, clicks: '12' }), ['clicks was 12, and is 10']);
    assert.deepEqual(await since({ ...then, micros: '99999999' }), [
      `micros was 99999999, and is ${then.micros}`,
    ]);
    assert.deepEqual(await since({ ...then, through: 6 }), ['through was 6, and is 5']);
    assert.deepEqual(await since({ ...then, logEnd: 14 }), ['logEnd was 14, and is 13']);
    assert.deepEqual(await since({ ...then, version: 7 }), ['version was 7, and is 6']);
    assert.deepEqual(await since({ ...then, resolved: '0-14' }), [
      'offsets 13-14 were resolved, and are not',
    ]);
    assert.deepEqual(await since({ ...then, parked: '3' }), ['offsets 12 were applied, and are parked']);
    assert.deepEqual(await since({ ...then, journal: 'ad_clicks@1#7' }), [
      'the journal reached version 6, and is gone',
    ]);
  });

  it('does not miss a journal that had no entries, nor the log of an earlier incarnation', () => {
    const then = { ...none, journal: JOURNAL };
    const since = (now: JournalState | undefined, before = then) => {
      const findings = new Findings();
      checkSince(findings, before, now, undefined);
      return findings.faults.map(({ what }) => what);
    };

    assert.deepEqual(since(undefined), []);
    assert.deepEqual(since(undefined, { ...then, version: 1 }), [
      'the journal reached version 1, and is gone',
    ]);
    assert.deepEqual(since({ ...then, logEnd: -1 }, { ...then, logEnd: 7 }), []);
    assert.deepEqual(since({ ...then, logEnd: 0 }, { ...then, logEnd: 7 }), ['logEnd was 7, and is 0']);
    assert.deepEqual(since({ ...then, logEnd: 1 }, { ...then, logEnd: 7 }), ['logEnd was 7, and is 1']);
  });

  it('keeps the state of the checkpoint where every entry has expired, and nothing before the first', async () => {
    const projections = { checkpoint: undefined, parked: [] };
    const ledger = await fullLedger();
    const item = ledger.memory.get(`checkpoint#${JOURNAL}`, 'checkpoint') as StoredItem;
    const checkpoint = readCheckpointItem(item);
    const { through, state } = checkpoint;

    assert.deepEqual(buildJournalState(JOURNAL, [], projections, 0), { ...none, journal: JOURNAL });
    assert.deepEqual(buildJournalState(JOURNAL, [], { ...projections, checkpoint }, 13), {
      ...{ journal: JOURNAL, version: through, through, resolved: '0-10', parked: '', seal: '', logEnd: 13 },
      ...{ clicks: String(state.clicks), micros: String(state.micros) },
    });
    assert.ok(state.clicks > 0n && state.micros > 0n);
  });

  it('lets parked records be applied', async () => {
    const then = await kept();

    assert.deepEqual(await since({ ...then, parked: '3,8,12' }), []);
  });

  it('reads what an earlier one has written', async (t) => {
    const findings = await audit(await fullLedger(), sight);
    const file = join(temporaryFolder(t), 'before.json');
    writeFileSync(file, `${formatReportJson([{ ledger: 'billing', findings, tookMs: 1 }])}\n`);

    assert.deepEqual(readSince(file), new Map([['billing', [await kept()]]]));
  });

  it('refuses a file that is none of an audit', (t) => {
    const file = join(temporaryFolder(t), 'other.json');
    const refused = { constructor: UserError, message: /other\.json is none that clickledger audit/ };
    for (const text of ['', '{}', '{"ledgers":[{}]}', '{"ledgers":[{"ledger":"b","journals":[{}]}]}']) {
      writeFileSync(file, text);
      assert.throws(() => readSince(file), refused);
    }
    assert.throws(() => readSince(`${file}.no`), {
      constructor: UserError,
      message: /^--since: ENOENT/,
    });
  });
});

async function sealOf(version: number): Promise<string> {
  const { memory } = await fullLedger();
  return memory.get(JOURNAL, `entry#000000000000000${version}`)?.['seal']?.S ?? '';
}
