import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bounds, WholeRecord } from '../../../../infra/kafka/topic-log.ts';
import { deliverBatches, type Work } from '../../../../infra/ops/redrive/deliver.ts';
import { PAYLOAD_BYTES_MAX } from '../../../../infra/ops/redrive/kafka-event.ts';
import type { Target } from '../../../../infra/ops/redrive/target.ts';
import { formatOffsets, parseOffsets } from '../../../../shared/journal/offsets.ts';

interface Given {
  /** Sizes of values by offset. */
  readonly sizes: ReadonlyMap<number, number>;
  /** Where the log begins when it is asked again. */
  readonly start?: number;
}

/** A target whose function notes what it is given, and resolves it. */
function targetOf({ sizes, start = 0 }: Given) {
  const events: {
    records: Record<string, { offset: number }[]>;
    void?: { offsets: string }[];
    unpark?: boolean;
    park?: boolean;
  }[] = [];
  async function* records(_: number, bounds: Bounds): AsyncGenerator<WholeRecord> {
    for (const [offset, bytes] of sizes)
      if (offset >= bounds.start && offset < bounds.end)
        yield { offset, time: 1, appended: true, key: null, value: Buffer.alloc(bytes), headers: [] };
  }
  const target = {
    ...{ topic: 't', sourceArn: 'arn', function: 'f', batchRecords: 10 },
    kafka: { bootstrapBrokers: ['a:1'] },
    log: { records, bounds: async () => [{ start, end: 99 }] },
    functions: {
      async send({ input }: { input: { Payload: Buffer } }) {
        assert.ok(input.Payload.length <= PAYLOAD_BYTES_MAX, String(input.Payload.length));
        events.push(JSON.parse(input.Payload.toString()));
        return { $metadata: { requestId: `r${events.length}` }, Payload: Buffer.from('null') };
      },
    },
  } as unknown as Target;
  return { target, events };
}

function hand(given: Given, work: Partial<Work> & { readonly offsets: string }, apply = true) {
  const { target, events } = targetOf(given);
  const manner = { apply, signal: new AbortController().signal, progress: () => {} };
  const wanted = parseOffsets(work.offsets);
  const delivered = deliverBatches(target, { partition: 0, wanted, asked: 'close', ...work }, manner);
  return delivered.then((end) => ({ end, events }));
}

const small = (...offsets: number[]) => new Map(offsets.map((offset) => [offset, 10]));

describe('handing over', () => {
  it('tells where no record stands only to close gaps, and what of it is still in the log', async () => {
    const sizes = small(4, 6);

    const { end, events } = await hand({ sizes, start: 3 }, { offsets: '1-7' });
    const plain = await hand({ sizes }, { offsets: '1-7', asked: undefined });
    const parked = await hand({ sizes }, { offsets: '4-6', asked: 'unpark' });

    assert.deepEqual(events[0]?.void, [{ topic: 't', partition: 0, offsets: '3,5,7' }]);
    assert.deepEqual([end.records, formatOffsets(end.empty)], [2, '1-3,5,7']);
    assert.deepEqual([plain.events[0]?.void, plain.events[0]?.unpark], [undefined, undefined]);
    assert.deepEqual([parked.events[0]?.void, parked.events[0]?.unpark], [undefined, true]);
  });

  it('calls nothing in a dry run, and finds the same', async () => {
    const wet = await hand({ sizes: small(2, 3) }, { offsets: '1-3' });
    const dry = await hand({ sizes: small(2, 3) }, { offsets: '1-3' }, false);

    assert.deepEqual(dry.events, []);
    assert.deepEqual({ ...dry.end, requests: ['r1'] }, wet.end);
  });

  it('leaves out a record that no event can hold, and goes on with the rest', async () => {
    const sizes = new Map([
      [1, 10],
      [2, (PAYLOAD_BYTES_MAX * 3) / 4],
      [3, 10],
    ]);

    const { end, events } = await hand({ sizes }, { offsets: '1-3' });

    assert.deepEqual(
      events.map(({ records }) => records['t-0']?.map(({ offset }) => offset)),
      [[1], [3]],
    );
    assert.equal(formatOffsets(end.tooLarge), '2');
  });
});
