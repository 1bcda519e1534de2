/** Which batches of the broker's response belong to aborted transactions: the rules of poller and auditor, compared with a known log. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { findCommittedBatches } from '../../../../infra/kafka/topic-log.ts';
import { findAborted } from '../../../../infra/local/mapping/log-reader.ts';

const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;

type Step = {
  readonly producer: number;
  readonly does: 'send' | 'plain' | 'commit' | 'abort';
  readonly size: number;
};

interface Written {
  readonly batch: RecordsBatch;
  /** First offset of the transaction that it belongs to; undefined for one without. */
  readonly transaction: bigint | undefined;
}

interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
  readonly marker: bigint;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    producer: fc.integer({ min: 1, max: 3 }),
    does: fc.constantFrom('send', 'send', 'plain', 'commit', 'abort'),
    size: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 20, maxLength: 60 },
);

/** The log that the steps make, and what of it the broker knows as aborted. */
function logOf(all: readonly Step[]): { written: Written[]; aborted: Aborted[] } {
  const written: Written[] = [];
  const aborted: Aborted[] = [];
  const open = new Map<number, bigint>();
  let end = 0n;
  for (const { producer, does, size } of all) {
    const begun = open.get(producer);
    const isMarker = does === 'commit' || does === 'abort';
    // A producer without a transaction can't end one, and one with a transaction writes nothing outside of it.
    if (isMarker ? begun === undefined : does === 'plain' && begun !== undefined) continue;
    if (does === 'send') open.set(producer, begun ?? end);
    if (does === 'abort')
      aborted.push({ producerId: BigInt(producer), firstOffset: begun ?? 0n, marker: end });
    const attributes = isMarker ? CONTROL | TRANSACTIONAL : does === 'send' ? TRANSACTIONAL : 0;
    written.push({ batch: batchAt(end, producer, attributes, size, does), transaction: open.get(producer) });
    if (isMarker) open.delete(producer);
    end += BigInt(isMarker ? 1 : size);
  }
  // Without what lies behind a transaction that is still open: the broker does not show that.
  const stable = Array.from(open.values()).reduce((least, first) => (first < least ? first : least), end);
  return { written: written.filter(({ batch }) => batch.firstOffset < stable), aborted };
}

function batchAt(
  firstOffset: bigint,
  producer: number,
  attributes: number,
  size: number,
  does: Step['does'],
) {
  const isMarker = (attributes & CONTROL) !== 0;
  const key = Buffer.from([0, 0, 0, does === 'commit' ? 1 : 0]);
  const records = isMarker
    ? [{ offsetDelta: 0, key }]
    : Array.from({ length: size }, (_, offsetDelta) => ({ offsetDelta, key }));
  return {
    attributes,
    firstOffset,
    lastOffsetDelta: records.length - 1,
    producerId: BigInt(producer),
    records,
  } as unknown as RecordsBatch;
}

describe('batches of aborted transactions', () => {
  it('are found alike by both readers, wherever the response starts and ends, and whatever the client left out', () => {
    let seen = 0;
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), fc.infiniteStream(fc.boolean()), (all, from, length, coins) => {
        const { written, aborted } = logOf(all);
        const begin = from % (written.length + 1);
        const part = written.slice(begin, begin + 1 + (length % (written.length + 1)));
        const [first, last] = [part[0]?.batch.firstOffset ?? 0n, part.at(-1)?.batch.firstOffset ?? -1n];
        // As the broker lists them: whatever reaches into the answer.
        const listed = aborted.filter(({ firstOffset, marker }) => marker >= first && firstOffset <= last);
        const isAborted = ({ batch, transaction }: Written) =>
          aborted.some(
            ({ producerId, firstOffset }) => producerId === batch.producerId && firstOffset === transaction,
          ) && (batch.attributes & CONTROL) === 0;
        const answer = part.filter((each) => !isAborted(each) || coins.next().value === true);
        const batches = answer.map(({ batch }) => batch);
        seen += answer.filter(isAborted).length;

        const isAbortedFor = findAborted(listed);
        const left = answer.filter(({ batch }) => !isAbortedFor(batch) && (batch.attributes & CONTROL) === 0);
        const committed = findCommittedBatches({ records: batches, abortedTransactions: listed });

        const expected = answer.filter((each) => !isAborted(each) && (each.batch.attributes & CONTROL) === 0);
        assert.deepEqual(left, expected);
        assert.deepEqual(
          [...committed],
          expected.map(({ batch }) => batch),
        );
      }),
      { numRuns: 2_000 },
    );
    assert.ok(seen > 1_000, `${seen} batches were aborted and in an answer`);
  });
});
