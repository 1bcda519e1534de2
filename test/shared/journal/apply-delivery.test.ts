import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { Delivery, KafkaRecord } from '../../../shared/event/event.ts';
import {
  applyDelivery,
  type Outcome,
  startHead,
  type Writer,
} from '../../../shared/journal/apply-delivery.ts';
import { buildCheckpointKey, type Item, sealItem } from '../../../shared/journal/journal-items.ts';
import { formatOffsets } from '../../../shared/journal/offsets.ts';
import { records, START_MS } from '../../support/builders.ts';
import { aWriter, patientGroup } from '../../support/clicks.ts';
import { entriesOf, type MemoryLedger, memoryLedger, steppedClock } from '../../support/memory-ledger.ts';
import type { Command } from '../../support/simulated-table.ts';

const JOURNAL = 'ad_clicks@1#0';

const SPENT = { until: 'spent', attempts: 3, ageSeconds: 600, bisect: true, destination: 's3' } as const;

/** What an operator's event says beside the records, and the group's retry. */
type Asked = Partial<Pick<Parameters<typeof applyDelivery>[3], 'unpark' | 'park' | 'chosen'>> &
  Partial<Pick<Delivery, 'empty' | 'accept'>> & { readonly retry?: Writer<undefined>['group']['retry'] };

function apply(
  ledger: MemoryLedger,
  given: KafkaRecord[],
  request = 'r1',
  ms = 10_000,
  { unpark = false, park = false, chosen = false, retry = { until: 'done' }, ...decided }: Asked = {},
): Promise<Outcome> {
  const clock = steppedClock(START_MS + 100_000);
  const writer = aWriter(ledger, { group: { ...patientGroup, retry }, clock });
  const delivery = { topic: 'ad_clicks', partition: 0, records: given, ...decided };
  const invocation = { request, deadline: clock.now() + ms, signal: undefined, unpark, park, chosen };
  return applyDelivery(writer, JOURNAL, delivery, invocation, startHead(writer, JOURNAL, delivery));
}

function isEntryPut(command: Command): boolean {
  return command instanceof PutItemCommand && command.input.Item?.['sk']?.S?.startsWith('entry#') === true;
}

function once(act: (command: Command) => unknown): (command: Command) => unknown {
  let done = false;
  return (command) => {
    if (done || !isEntryPut(command)) return undefined;
    done = true;
    return act(command);
  };
}

function failure(name: string): Error {
  return Object.assign(new Error(name), { name });
}

describe('the write path', () => {
  it('registers a journal and puts its first entry, if none stands there', async () => {
    const ledger = memoryLedger();

    const outcome = await apply(ledger, records(0, 5));

    assert.deepEqual(
      [outcome.applied, outcome.duplicates, outcome.entries, outcome.failure],
      [5, 0, 1, undefined],
    );
    const put = ledger.sent.find(isEntryPut) as PutItemCommand;
    assert.equal(put.input.ConditionExpression, 'attribute_not_exists(pk)');
    assert.equal(put.input.ReturnValuesOnConditionCheckFailure, 'ALL_OLD');
    assert.equal(put.input.Item?.['sk']?.S, 'entry#0000000000000001');
    assert.equal(
      Number(put.input.Item?.['expires']?.N),
      Math.floor((START_MS + 100_000) / 1000) + 35 * 86_400,
    );
    assert.ok(ledger.memory.get('journals', JOURNAL));
  });

  it('reads one item and puts one per batch once the journal stands, whatever its size', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 5));
    ledger.sent.length = 0;

    await apply(ledger, records(5, 2_000), 'r2');

    assert.deepEqual(
      ledger.sent.map((command) => command.constructor),
      [QueryCommand, PutItemCommand],
    );
    const head = ledger.sent[0] as QueryCommand;
    assert.deepEqual(
      [head.input.ConsistentRead, head.input.ScanIndexForward, head.input.Limit],
      [true, false, 1],
    );
  });

  it('a click redelivered after a rebalance writes nothing (I1)', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 5));

    const outcome = await apply(ledger, records(0, 5), 'r2');

    assert.deepEqual([outcome.applied, outcome.duplicates, outcome.entries], [0, 5, 0]);
    assert.equal(entriesOf(ledger, JOURNAL).length, 1);
  });

  it('a version already taken is the new head: only what it lacks is applied after it (I4)', async () => {
    const ledger = memoryLedger(once(() => apply(rival, records(0, 3), 'rival').then(() => undefined)));
    const rival: MemoryLedger = { ...memoryLedger(), memory: ledger.memory };
    Object.assign(rival, { client: { send: async (command: Command) => ledger.memory.execute(command) } });

    const outcome = await apply(ledger, records(0, 5));

    assert.deepEqual([outcome.applied, outcome.duplicates, outcome.conflicts], [2, 3, 1]);
    assert.deepEqual(
      entriesOf(ledger, JOURNAL).map(({ changed }) => formatOffsets(changed.offsets)),
      ['0-2', '3-4'],
    );
  });

  it('a lost reply is found out and counted as done, not as a duplicate', async () => {
    const ledger = memoryLedger(
      once((command) => {
        ledger.memory.execute(command);
        throw failure('TimeoutError');
      }),
    );

    const outcome = await apply(ledger, records(0, 5));

    assert.deepEqual(
      [outcome.applied, outcome.duplicates, outcome.entries, outcome.failure],
      [5, 0, 1, undefined],
    );
    assert.equal(entriesOf(ledger, JOURNAL).length, 1);
  });

  it('a put that the SDK repeated meets its own first attempt and is done', async () => {
    const ledger = memoryLedger(once((command) => void ledger.memory.execute(command)));

    const outcome = await apply(ledger, records(0, 5));

    assert.deepEqual([outcome.applied, outcome.duplicates, outcome.entries, outcome.conflicts], [5, 0, 1, 1]);
  });

  it('a throttled table is asked again until it answers', async () => {
    let refused = 0;
    const ledger = memoryLedger(() => {
      if (refused++ < 6) throw failure('ProvisionedThroughputExceededException');
    });

    const outcome = await apply(ledger, records(0, 5));

    assert.equal(outcome.failure, undefined);
    assert.equal(outcome.applied, 5);
  });

  it('at the deadline the partition is failed, with what it was waiting for', async () => {
    const ledger = memoryLedger(() => {
      throw failure('InternalServerError');
    });

    const outcome = await apply(ledger, records(0, 5));

    assert.equal(outcome.failure?.code, 'table.deadline');
    assert.equal((outcome.failure.cause as Error).name, 'InternalServerError');
  });

  it('what time does not cure fails the partition at once', async () => {
    const ledger = memoryLedger(() => {
      throw failure('AccessDeniedException');
    });

    const outcome = await apply(ledger, records(0, 5));

    assert.equal(outcome.failure?.code, 'table.refused');
    assert.equal(ledger.sent.length, 1);
  });

  it('a failed condition that shows no item is looked up, never taken for done (I7)', async () => {
    const ledger = memoryLedger(
      once(() => {
        throw new ConditionalCheckFailedException({ message: 'no item', $metadata: {} });
      }),
    );

    const outcome = await apply(ledger, records(0, 5));

    assert.equal(outcome.applied, 5);
    assert.equal(entriesOf(ledger, JOURNAL).length, 1);
  });

  it('a damaged head halts nobody silently: the partition is failed', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 5));
    const item = ledger.memory.get(JOURNAL, 'entry#0000000000000001');
    ledger.memory.set({ ...item, pk: { S: JOURNAL }, sk: { S: 'entry#0000000000000001' }, state: { M: {} } });

    const outcome = await apply(ledger, records(5, 5), 'r2');

    assert.equal(outcome.failure?.code, 'journal.damaged');
    assert.equal(entriesOfRaw(ledger), 1);
  });
});

describe('a head near the end of its life', () => {
  it('is compared with the checkpoint, which wins where it knows more', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 5));
    await apply(ledger, records(5, 5), 'r2');
    const second = ledger.memory.get(JOURNAL, 'entry#0000000000000002');
    ledger.memory.set(
      sealItem({
        ...buildCheckpointKey(JOURNAL),
        through: { N: '2' },
        ...(second && { state: second['state'] ?? { NULL: true } }),
      }),
    );
    ledger.memory.delete(JOURNAL, 'entry#0000000000000002');
    const { seal: _, ...first } = ledger.memory.get(JOURNAL, 'entry#0000000000000001') as Item;
    ledger.memory.set(sealItem({ ...first, expires: { N: String(START_MS / 1000) } }));
    ledger.sent.length = 0;

    const outcome = await apply(ledger, records(3, 9), 'r3');

    assert.ok(ledger.sent.some((command) => command instanceof GetItemCommand));
    assert.deepEqual([outcome.applied, outcome.duplicates], [2, 7]);
    assert.ok(ledger.memory.get(JOURNAL, 'entry#0000000000000003'));
  });
});

describe('parked records, asked for by an operator', () => {
  const bad = (offset: number) => ({ ...records(offset, 1)[0], value: 'bm8=' }) as KafkaRecord;
  const operator = { unpark: true, chosen: true };
  const stateOf = (ledger: MemoryLedger) => entriesOf(ledger, JOURNAL).at(-1)?.state;

  async function withParked(): Promise<MemoryLedger> {
    const ledger = memoryLedger();
    const outcome = await apply(ledger, [...records(0, 3), bad(3), bad(4)]);
    assert.deepEqual([outcome.applied, outcome.parked, outcome.resolved], [3, 2, 5]);
    return ledger;
  }

  it('are settled in one transaction with the entry, once, and no delivery of the mapping settles any (I1, I3)', async () => {
    const ledger = await withParked();
    // The operator's function has been mended: it takes the record that it refused before.
    const item = ledger.memory.get(JOURNAL, 'entry#0000000000000001');
    assert.ok(item);
    assert.deepEqual((await apply(ledger, [bad(3)], 'r2')).duplicates, 1);

    const accept = { offsets: [3, 3], reason: 'no click', who: 'Ann' };
    const first = await apply(ledger, [], 'r3', 10_000, { ...operator, accept });
    const again = await apply(ledger, [], 'r4', 10_000, { ...operator, accept });

    assert.deepEqual([first.accepted, first.resolved, first.entries, first.failure], [1, 0, 1, undefined]);
    assert.deepEqual([again.accepted, again.entries, again.failure], [0, 0, undefined]);
    assert.equal(stateOf(ledger)?.openParked, 1);
    const settled = ledger.memory.get(`parked#${JOURNAL}`, '0000000000000003');
    assert.deepEqual(settled?.['settled'], { N: '2' });
    const life = 2 * 35 * 86_400;
    assert.deepEqual(settled?.['expires'], { N: String(Math.floor((START_MS + 100_000) / 1000) + life) });
    assert.equal(ledger.memory.get(`parked#${JOURNAL}`, '0000000000000004')?.['settled'], undefined);
  });

  it('that somebody else has settled meanwhile are looked up again, and the others settled', async () => {
    const ledger = await withParked();
    const accept = { offsets: [3, 4], reason: 'no click', who: 'Ann' };
    let met = 0;
    const client = {
      send: async (command: Command) => {
        if (command instanceof TransactWriteItemsCommand && met++ === 0) {
          const item = ledger.memory.get(`parked#${JOURNAL}`, '0000000000000003') as Item;
          ledger.memory.set({ ...item, settled: { N: '9' } });
        }
        return ledger.client.send(command as never);
      },
    } as unknown as MemoryLedger['client'];

    const outcome = await apply({ ...ledger, client }, [], 'r2', 10_000, { ...operator, accept });

    assert.deepEqual([outcome.accepted, outcome.conflicts, outcome.failure, met], [1, 1, undefined, 2]);
    assert.deepEqual(entriesOf(ledger, JOURNAL).at(-1)?.changed.accepted?.offsets, [4, 4]);
  });

  it('are parked where an operator releases a batch of nothing but bad records, and halt it otherwise', async () => {
    const many = Array.from({ length: 200 }, (_, offset) => ({ ...bad(offset), key: String(offset) }));
    const halted = await apply(memoryLedger(), many);
    assert.deepEqual([halted.failure?.code, halted.parked], ['batch.rejected', 0]);
    // A group that tries a batch only so often would discard the honest records with the bad ones.
    for (const asked of [{ park: true }, { unpark: true }, { retry: SPENT }]) {
      const released = await apply(memoryLedger(), many, 'r1', 10_000, asked);
      assert.deepEqual([released.failure, released.parked], [undefined, 200], JSON.stringify(asked));
    }
  });
});

describe('a table that fails', () => {
  it('is asked again after pauses that double, up to a second, and counts what was put meanwhile once', async () => {
    const pauses: number[] = [];
    let failures = 9;
    const ledger = memoryLedger((command) => {
      if (isEntryPut(command) && failures-- > 0) throw failure('ThrottlingException');
      return undefined;
    });
    const clock = steppedClock(START_MS);
    const writer = aWriter(ledger, {
      clock: {
        ...clock,
        random: () => 1,
        sleep: async (ms: number) => {
          pauses.push(ms);
          await clock.sleep(ms);
        },
      },
    });
    const delivery = { topic: 'ad_clicks', partition: 0, records: records(0, 3) };
    const invocation = { request: 'r1', deadline: START_MS + 60_000, signal: undefined, unpark: false };

    const outcome = await applyDelivery(
      writer,
      JOURNAL,
      delivery,
      invocation,
      startHead(writer, JOURNAL, delivery),
    );

    assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000]);
    assert.deepEqual([outcome.applied, outcome.entries, outcome.failure], [3, 1, undefined]);
  });

  it('and refuses for a reason that time does not cure is named at once, whatever the reason', async () => {
    for (const name of [
      'AccessDeniedException',
      'IncompleteSignatureException',
      'InvalidSignatureException',
      'ItemCollectionSizeLimitExceededException',
      'MissingAuthenticationTokenException',
      'ResourceNotFoundException',
      'SerializationException',
      'UnrecognizedClientException',
      'ValidationException',
    ]) {
      const ledger = memoryLedger((command) => {
        if (isEntryPut(command)) throw failure(name);
        return undefined;
      });
      const outcome = await apply(ledger, records(0, 2));
      assert.deepEqual(
        [outcome.failure?.code, ledger.sent.filter(isEntryPut).length],
        ['table.refused', 1],
        name,
      );
    }
  });

  it('is asked nothing where no time is left', async () => {
    const ledger = memoryLedger();
    const outcome = await apply(ledger, records(0, 2), 'r1', 0);
    assert.match(outcome.failure?.message ?? '', /^table\.deadline: ad_clicks@1#0 after 0 entries/);
    assert.equal(ledger.sent.filter(isEntryPut).length, 0);
  });
});

function entriesOfRaw(ledger: MemoryLedger): number {
  return [...(ledger.memory.items.get(JOURNAL)?.keys() ?? [])].filter((sk) => sk.startsWith('entry#')).length;
}
