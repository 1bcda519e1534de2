/**
 * A function for tests of the local mapping: notes each of its calls in a file, and behaves as the test has written into
 * another. It is run in a sandbox, as the bundles of the templates are.
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Behaviour {
  readonly does: 'succeed' | 'throw' | 'exit' | 'hang' | 'spin' | 'hold' | 'answer' | 'unwritable';
  /** Only in calls with records of this partition; the others succeed. */
  readonly partition?: number;
  /** Only in calls with a record at this offset. */
  readonly offset?: number;
  readonly answer?: unknown;
}

/** The begin or the end of a call. */
export interface Call {
  readonly at: 'begin' | 'end';
  readonly pid: number;
  readonly requestId: string;
  /** By partition. */
  readonly offsets: Readonly<Record<number, number[]>>;
}

interface Event {
  readonly records: Readonly<
    Record<string, readonly { readonly partition: number; readonly offset: number }[]>
  >;
}

const HELD_LOOK_MS = 10;

/** Of several behaviours the first that is meant for a call. */
export function behave(folder: string, ...behaviours: Behaviour[]): void {
  writeFileSync(join(folder, 'behaviour.new'), JSON.stringify(behaviours));
  renameSync(join(folder, 'behaviour.new'), join(folder, 'behaviour.json'));
}

export function callsOf(folder: string): Call[] {
  const lines = readFileSync(join(folder, 'calls.jsonl'), { encoding: 'utf8', flag: 'a+' }).split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Call);
}

export async function handler(event: Event, context: { awsRequestId: string }): Promise<unknown> {
  const folder = process.env['TEST_FOLDER'] ?? '';
  const offsets: Record<number, number[]> = {};
  for (const { partition, offset } of Object.values(event.records).flat()) {
    offsets[partition] ??= [];
    offsets[partition]?.push(offset);
  }
  const note = (at: Call['at']) => {
    const call: Call = { at, pid: process.pid, requestId: context.awsRequestId, offsets };
    appendFileSync(join(folder, 'calls.jsonl'), `${JSON.stringify(call)}\n`);
  };
  note('begin');
  const answer = await act(() => behaviourFor(folder, offsets));
  note('end');
  return answer;
}

function behaviourFor(folder: string, offsets: Call['offsets']): Behaviour {
  const behaviours = JSON.parse(readFileSync(join(folder, 'behaviour.json'), 'utf8')) as Behaviour[];
  const meant = behaviours.find(
    ({ partition, offset }) =>
      (partition === undefined || offsets[partition] !== undefined) &&
      (offset === undefined || Object.values(offsets).flat().includes(offset)),
  );
  return meant ?? { does: 'succeed' };
}

async function act(told: () => Behaviour): Promise<unknown> {
  const { does, answer } = told();
  if (does === 'throw') throw new TypeError('as the test wants it');
  if (does === 'exit') process.exit(3);
  if (does === 'hang') await new Promise(() => {});
  while (does === 'spin'); // Blocks the process for ever.
  while (does === 'hold' && told().does === 'hold') await setTimeout(HELD_LOOK_MS);
  if (does === 'unwritable') return { batchItemFailures: 1n };
  return answer;
}
