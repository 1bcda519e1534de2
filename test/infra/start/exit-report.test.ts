import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Findings } from '../../../infra/audit/findings.ts';
import { buildExitReport, countMissing } from '../../../infra/start/exit-report.ts';
import { aRecord, base64, records } from '../../support/builders.ts';
import { apply, roll } from '../../support/filled-ledger.ts';
import { memoryLedger } from '../../support/memory-ledger.ts';
import { audit } from '../audit/audited-ledger.ts';

const log = [...records(0, 3), aRecord({ offset: 3, value: base64('rubbish') })];

/** Of a ledger that has counted `log`. */
async function audited(more: Partial<Parameters<typeof audit>[1]> = {}): Promise<Findings> {
  const ledger = memoryLedger();
  await apply(ledger, log);
  await roll(ledger);
  const findings = await audit(ledger, { committed: [4], records: log, ...more });
  findings.demandCounted();
  return findings;
}

function report(...findings: Findings[]) {
  const audits = findings.map((each, i) => ({ ledger: `team-${i}`, findings: each, duplicates: i }));
  const { exitCode, lastLine } = buildExitReport(audits);
  return { exitCode, said: JSON.parse(lastLine) };
}

describe('the end of start --exit', () => {
  it('is exact, with what every ledger holds, where each audit passes', async () => {
    const held = { applied: 3, parked: 1, micros: 750_000, expectedMicros: 750_000 };

    assert.deepEqual(report(await audited(), await audited()), {
      exitCode: 0,
      said: {
        produced: 4,
        'team-0': { ...held, duplicates: 0 },
        'team-1': { ...held, duplicates: 1 },
        exact: true,
      },
    });
  });

  it('is not exact while records are after the newest, in gaps, or committed past, and says how many', async () => {
    const more = { records: [...log, ...records(4, 2)] };
    const behind = await audited(more);
    const passedOver = await audited({ ...more, committed: [6] });

    assert.deepEqual([countMissing(behind), countMissing(passedOver)], [2, 2]);
    const late = report(await audited(), behind);
    assert.deepEqual([late.exitCode, late.said.exact, late.said.produced], [1, false, 6]);
    assert.equal(late.said['team-0'].missing, undefined);
    assert.deepEqual(
      [late.said['team-1'].missing, late.said['team-1'].difference],
      [2, 'not-yet: ad_clicks@1#0 not counted yet: 0 records in gaps, 2 records after the newest'],
    );
    assert.match(
      report(passedOver).said['team-0'].difference,
      /^missing: ad_clicks@1#0 not counted: 2 records, offsets 4-5, committed 6/,
    );
  });

  it('says of a single record that it is missing, and adds up what is in gaps, after the newest and committed past', async () => {
    const one = await audited({ records: [...log, ...records(4, 1)] });
    const ledger = memoryLedger();
    await apply(ledger, log);
    await apply(ledger, records(7, 1));
    const findings = await audit(ledger, { committed: [5], records: [...log, ...records(4, 6)] });

    assert.equal(report(one).said['team-0'].missing, 1);
    const [{ missing, gaps, lag } = { missing: 0, gaps: 0, lag: 0 }] = findings.partitions;
    assert.deepEqual([missing, gaps, lag, countMissing(findings)], [1, 2, 2, 5]);
  });

  it('could not tell where nothing was compared, unless another ledger is wrong', async () => {
    const empty = await audit(memoryLedger(), { committed: [undefined], records: [] });
    const wrong = await audited({ records: [] });

    assert.deepEqual([report(empty).exitCode, report(empty).said.exact], [2, false]);
    assert.match(report(empty).said['team-0'].difference, /and the ledger has counted none/);
    assert.deepEqual([report(empty, wrong).exitCode, report(empty, wrong).said.exact], [1, false]);
  });
});
