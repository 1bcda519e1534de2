/** What an operator decides, from the command's own steps to the ledger: the real handler, on a simulated table and log. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from 'aws-lambda';
import { fold } from '../../../../functions/billing/fold.ts';
import { group } from '../../../../functions/billing/group.ts';
import type { WholeRecord } from '../../../../infra/kafka/topic-log.ts';
import { redriveLedger, type Selection } from '../../../../infra/ops/redrive/redrive-ledger.ts';
import type { Target } from '../../../../infra/ops/redrive/target.ts';
import type { Row } from '../../../../infra/ops/redrive/undone.ts';
import { consumer } from '../../../../shared/consumer.ts';
import type { KafkaRecord } from '../../../../shared/event/event.ts';
import { formatOffsets } from '../../../../shared/journal/offsets.ts';
import { rollUp } from '../../../../shared/statement/rollup.ts';
import { anEvent, aRecord, base64, records, START_MS } from '../../../support/builders.ts';
import { captured } from '../../../support/captured.ts';
import { entriesOf, type MemoryLedger, memoryLedger, steppedClock } from '../../../support/memory-ledger.ts';
import { audit } from '../../audit/audited-ledger.ts';

const JOURNAL = 'ad_clicks@1#0';
const clock = steppedClock(START_MS + 100_000);
const decision = { reason: 'TICKET-42', who: 'ann' };
const context = { awsRequestId: 'r1', functionName: 'f', getRemainingTimeInMillis: () => 60_000 } as Context;

function billing(ledger: MemoryLedger) {
  const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
  return consumer(group, () => fold, { config, client: ledger.client, clock });
}

async function deliver(ledger: MemoryLedger, given: readonly KafkaRecord[]): Promise<unknown> {
  const handled = await captured(() => billing(ledger)(anEvent(given), context));
  await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
  return handled.result;
}

/** A localRuntime whose log holds some records, from an offset on. */
function targetOf(ledger: MemoryLedger, log: readonly KafkaRecord[], start = 0): Target {
  const end = (log.at(-1)?.offset ?? -1) + 1;
  async function* held(_: number, bounds: { start: number; end: number }): AsyncGenerator<WholeRecord> {
    for (const { offset, timestamp: time, key, value } of log)
      if (offset >= Math.max(start, bounds.start) && offset < bounds.end) {
        const bytes = (text: string | null | undefined) =>
          text == null ? null : Buffer.from(text, 'base64');
        yield { offset, time, appended: true, key: bytes(key), value: bytes(value), headers: [] };
      }
  }
  return {
    ...{
      ledger: 'billing',
      topic: 'ad_clicks',
      group: 'g',
      function: 'f',
      sourceArn: 'a',
      batchRecords: 500,
    },
    ...{ kafka: { bootstrapBrokers: ['a:1'] }, store: ledger, destination: undefined },
    log: { records: held, bounds: async () => [{ start, end }], committed: async () => [end] },
    functions: {
      async send({ input }: { input: { Payload: Buffer } }) {
        const event: unknown = JSON.parse(input.Payload.toString());
        const { result } = await captured(() => billing(ledger)(event, context));
        return { $metadata: { requestId: 'r1' }, Payload: Buffer.from(JSON.stringify(result)) };
      },
    },
  } as unknown as Target;
}

async function redrive(target: Target, selection: Selection, apply = true) {
  const manner = { apply, signal: new AbortController().signal, progress: () => {} };
  const { found, undone } = await redriveLedger(target, selection, manner);
  const inWords = (rows: readonly Row[]) =>
    rows.map(({ what, offsets, reason }) => `${what} ${formatOffsets(offsets)}: ${reason}`);
  return { found: inWords(found), undone: inWords(undone) };
}

const accepting = (...kinds: ('parked' | 'gaps')[]) => ({ kinds: new Set(kinds), accept: decision });

describe('accepting', () => {
  it('of parked records: shown first, then an entry with reason and name, and nothing names them again', async () => {
    const ledger = memoryLedger();
    const log = [...records(0, 3), aRecord({ offset: 3, text: '{' }), aRecord({ offset: 4, text: '[]' })];
    await deliver(ledger, log);
    const target = targetOf(ledger, log);

    const dry = await redrive(target, accepting('parked'), false);
    const standing = entriesOf(ledger, JOURNAL).length;
    const wet = await redrive(target, accepting('parked'));
    const again = await redrive(target, accepting('parked'));
    const applied = await redrive(target, { kinds: new Set(['parked']) });

    assert.deepEqual(dry.found, ['parked 3: value.json', 'parked 4: click.object']);
    assert.deepEqual([standing, wet.found, wet.undone], [1, dry.found, []]);
    assert.deepEqual(
      [again, applied],
      [
        { found: [], undone: [] },
        { found: [], undone: [] },
      ],
    );
    const [, accepted] = entriesOf(ledger, JOURNAL);
    assert.deepEqual(accepted?.changed.accepted, { offsets: [3, 4], ...decision });
    assert.deepEqual(await rollUp(ledger, clock, Number.POSITIVE_INFINITY), {
      ...{ folded: 1, behind: 0, ageMs: 0, openGap: 0, openParked: 0 },
      boundUsed: 0,
    });
    assert.deepEqual((await audit(ledger, { committed: [5], records: log })).faults, []);
  });

  it('of more parked records than a transaction takes, a thousand of them', async () => {
    const ledger = memoryLedger();
    const log = Array.from({ length: 3_000 }, (_, offset) =>
      aRecord({ offset, ...(offset % 3 === 0 && { text: '{' }) }),
    );
    await deliver(ledger, log);

    const { found, undone } = await redrive(targetOf(ledger, log), accepting('parked'));

    assert.deepEqual([found.length, undone], [1, []]);
    const entries = entriesOf(ledger, JOURNAL);
    assert.deepEqual([entries.length, entries.at(-1)?.state.openParked], [13, 0]);
  });

  it('of gaps: those that the log no longer holds and those that no function can take, and no other', async () => {
    const ledger = memoryLedger();
    const large = aRecord({ offset: 6, value: base64('x'.repeat(5 * 1024 * 1024)) });
    const log = [...records(0, 6), large, ...records(7, 4)];
    await deliver(ledger, [...records(0, 2), ...records(4, 1), ...records(9, 2)]);

    const { undone } = await redrive(targetOf(ledger, log, 4), accepting('gaps'));

    assert.deepEqual(undone, []);
    const state = entriesOf(ledger, JOURNAL).at(-1)?.state;
    assert.equal(formatOffsets(state?.resolved ?? []), '0-4,6,9-10');
    const findings = await audit(ledger, { committed: [5], records: log, starts: [4] });
    assert.deepEqual([findings.faults, findings.partitions[0]?.accepted], [[], 3]);
    const filled = await redrive(targetOf(ledger, log, 4), { kinds: new Set(['gaps']) });
    assert.deepEqual([filled.found, filled.undone], [['gap 5,7-8: passed over by the mapping'], []]);
  });

  it('of what lies above the newest counted record waits for a later one, and says so', async () => {
    const ledger = memoryLedger();
    const large = aRecord({ offset: 2, value: base64('x'.repeat(5 * 1024 * 1024)) });
    await deliver(ledger, records(0, 2));

    const { undone } = await redrive(targetOf(ledger, [...records(0, 2), large]), accepting('gaps'));

    assert.deepEqual(undone, ['gap 2: no later record is counted yet: accept it when one is']);
  });
});

describe('releasing a halted batch', () => {
  const deploy = Array.from({ length: 200 }, (_, i) =>
    aRecord({ offset: 3 + i, key: base64(`adv-${i}`), ...(i % 4 !== 0 && { text: '{' }) }),
  );
  const log = [...records(0, 3), ...deploy];

  it('counts its clicks and parks the others, without a deployment; what comes after is judged as ever', async () => {
    const ledger = memoryLedger();
    await deliver(ledger, records(0, 3));
    const halted = await deliver(ledger, deploy);
    const selection = { kinds: new Set<'parked'>(), park: true, partition: 0 };

    const dry = await redrive(targetOf(ledger, log), selection, false);
    const wet = await redrive(targetOf(ledger, log), selection);
    const redelivered = await deliver(ledger, deploy);
    const next = deploy.map((record) => ({ ...record, offset: record.offset + 200 }));

    assert.equal((halted as { batchItemFailures: unknown[] }).batchItemFailures.length, 200);
    assert.deepEqual(dry.found, ['batch 3-202: the clicks among them will be counted, the others parked']);
    assert.deepEqual(wet.undone, []);
    assert.deepEqual(redelivered, { batchItemFailures: [] });
    const state = entriesOf(ledger, JOURNAL).at(-1)?.state;
    assert.deepEqual([state?.totals[0], state?.openParked], [53n, 150]);
    const { batchItemFailures } = (await deliver(ledger, next)) as { batchItemFailures: unknown[] };
    assert.equal(batchItemFailures.length, 200);
  });
});
