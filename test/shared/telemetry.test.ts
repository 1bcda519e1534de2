/** What functions report: every metric of the table, in its unit, and the numbers that alarms rest on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from 'aws-lambda';
import { fold } from '../../functions/billing/fold.ts';
import { group } from '../../functions/billing/group.ts';
import { systemClock } from '../../shared/clock.ts';
import { consumer } from '../../shared/consumer.ts';
import type { KafkaEvent } from '../../shared/event/event.ts';
import { handlerMetrics, metrics, rollupMetrics } from '../../shared/metrics.ts';
import { scheduledRollup } from '../../shared/scheduled-rollup.ts';
import { emittedBy } from '../infra/aws/alarms/known-metrics.ts';
import { anEvent, aRecord, records, START_MS } from '../support/builders.ts';
import { captured } from '../support/captured.ts';
import { type MemoryLedger, memoryLedger } from '../support/memory-ledger.ts';

const context = { awsRequestId: 'r1', functionName: 'f', getRemainingTimeInMillis: () => 300_000 } as Context;
const NOW_MS = START_MS + 3_600_000;

function means(ledger: MemoryLedger) {
  const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
  return { config, client: ledger.client, clock: { ...systemClock, now: () => NOW_MS } };
}

type Reported = Readonly<Record<string, number | number[]>>;

async function delivered(ledger: MemoryLedger, event: KafkaEvent): Promise<Reported> {
  const { lines } = await captured(() => consumer(group, () => fold, means(ledger))(event, context));
  return reportedIn(lines);
}

async function rolledUp(ledger: MemoryLedger): Promise<Reported> {
  const run = () => scheduledRollup(group, means(ledger))({}, context) as Promise<unknown>;
  const { lines } = await captured(() => run().catch(() => undefined));
  return reportedIn(lines);
}

function reportedIn(lines: readonly string[]): Reported {
  return lines.map((line) => JSON.parse(line)).find(({ _aws }) => _aws !== undefined) ?? {};
}

describe('telemetry', () => {
  it('each function emits exactly its part of the table, each metric in its unit', async () => {
    const emitted = await emittedBy(group, 'ledger');

    const namesBy = (by: string) => emitted.filter((metric) => metric.by === by).map(({ name }) => name);
    assert.deepEqual(namesBy('handler').sort(), Object.keys(handlerMetrics).sort());
    assert.deepEqual(namesBy('rollup').sort(), Object.keys(rollupMetrics).sort());
    for (const { name, unit, dimensions } of emitted) {
      assert.equal(unit, metrics[name as keyof typeof metrics][0], name);
      assert.deepEqual(dimensions, { service: 'billing', table: 'ledger' });
    }
  });

  it('the record age is that of the oldest record that was open; a replay of old records has none', async () => {
    const ledger = memoryLedger();

    const fresh = await delivered(ledger, anEvent(records(0, 3)));
    const replayed = await delivered(ledger, anEvent(records(0, 3)));

    assert.deepEqual([fresh['RecordAge'], fresh['Resolved'], fresh['Duplicates']], [3_600_000, 3, 0]);
    assert.deepEqual([replayed['RecordAge'], replayed['Resolved'], replayed['Duplicates']], [0, 3, 3]);
  });

  it('a record that is stamped ahead of the clock has no age', async () => {
    const ahead = aRecord({ offset: 0, timestamp: NOW_MS + 5_000 });
    assert.equal((await delivered(memoryLedger(), anEvent([ahead])))['RecordAge'], 0);
  });

  it('a rewritten log counts as a mismatch and not as halted; another cure by a person as halted', async () => {
    const rewritten = memoryLedger();
    await delivered(rewritten, anEvent(records(0, 3)));
    const refusing = memoryLedger(() => {
      throw Object.assign(new Error('no rights'), { name: 'AccessDeniedException' });
    });

    const mismatch = await delivered(rewritten, anEvent([aRecord({ offset: 1, timestamp: NOW_MS })]));
    const halted = await delivered(refusing, anEvent(records(0, 3)));

    const shape = ({ LogMismatch, PartitionsHalted, PartitionsFailed }: Reported) => [
      LogMismatch,
      PartitionsHalted,
      PartitionsFailed,
    ];
    assert.deepEqual(shape(mismatch), [1, 0, 1]);
    assert.deepEqual(shape(halted), [0, 1, 1]);
  });

  it('says in the log what was parked and what was accepted, and nothing where nothing was', async () => {
    const said = async (event: KafkaEvent, ledger: MemoryLedger) => {
      const { lines } = await captured(() => consumer(group, () => fold, means(ledger))(event, context));
      return lines
        .map((line) => JSON.parse(line))
        .filter(({ level }) => level === 'WARN')
        .map(({ message, journal, parked, accepted }) => [message, journal, parked ?? accepted]);
    };
    const ledger = memoryLedger();
    const bad = { ...aRecord({ offset: 3 }), value: 'bm8=' };

    assert.deepEqual(await said(anEvent(records(0, 3)), ledger), []);
    assert.deepEqual(await said(anEvent([bad]), ledger), [['records parked', 'ad_clicks@1#0', 1]]);
    const accept = [{ topic: 'ad_clicks', partition: 0, offsets: '3', reason: 'a test', who: 'Ann' }];
    const event = { ...anEvent([]), accept };
    assert.deepEqual(await said(event, ledger), [['offsets accepted', 'ad_clicks@1#0', 1]]);
  });

  it('a rollup that fails on one journal still reports, and counts it as behind', async () => {
    const ledger = memoryLedger();
    await delivered(ledger, anEvent(records(0, 3)));
    await delivered(ledger, anEvent(records(5, 3)));
    ledger.memory.delete('ad_clicks@1#0', 'entry#0000000000000001');

    const { RollupBehind, RolledUp } = await rolledUp(ledger);

    assert.deepEqual([RollupBehind, RolledUp], [1, 0]);
  });

  it('a rollup that could not even look reports nothing, so that silence means it did not run', async () => {
    const ledger = memoryLedger(() => {
      throw new Error('the table is away');
    });

    assert.deepEqual(await rolledUp(ledger), {});
  });
});
