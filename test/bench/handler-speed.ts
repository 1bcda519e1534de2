/**
 * What the planner's default speed of a handler rests on: billing's handler, all of it, on events of 10,000 clicks of one partition,
 * with a DynamoDB that answers at once, in one process. Run with `node test/bench/handler-speed.ts`.
 */
import type { Context } from 'aws-lambda';
import { fold } from '../../functions/billing/fold.ts';
import { group } from '../../functions/billing/group.ts';
import { ClickSource } from '../../infra/local/producer/clicks.ts';
import { systemClock } from '../../shared/clock.ts';
import { consumer } from '../../shared/consumer.ts';
import { anEvent, aRecord, base64 } from '../support/builders.ts';

const BATCH = 10_000;
const ROUNDS = 40;
const WARM_UP = 10;

let entries = 0;
const answersAtOnce = {
  async send({ input }: { input: { Item?: { state?: { M: { clicks: { N: string } } } } } }) {
    if (input.Item?.state?.M.clicks.N === String(BATCH)) entries += 1;
    return { Items: [] };
  },
} as never;
const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'bench', secrets: {} };
const handler = consumer(group, () => fold, { config, client: answersAtOnce, clock: systemClock });
const context = {
  awsRequestId: 'bench',
  functionName: 'billing',
  getRemainingTimeInMillis: () => 60_000,
} as Context;

const source = new ClickSource({ seed: 1, partitions: 1, advertisers: 500 });
const clicks = Array.from({ length: BATCH }, (_, offset) => {
  const { key, value } = source.click(0, offset);
  return aRecord({ offset, key: base64(key), value: base64(value) });
});
const bytes = clicks.reduce((sum, { value }) => sum + Buffer.from(value ?? '', 'base64').length, 0) / BATCH;
const events = Array.from({ length: ROUNDS + WARM_UP }, () => structuredClone(anEvent(clicks)));

const write = process.stdout.write.bind(process.stdout);
let loggedBytes = 0;
process.stdout.write = (text) => {
  loggedBytes += text.length;
  return true;
};
let startedAt = 0;
for (const [round, event] of events.entries()) {
  if (round === WARM_UP) startedAt = performance.now();
  await handler(event, context);
}
const seconds = (performance.now() - startedAt) / 1000;
process.stdout.write = write;
if (entries !== events.length) throw new Error(`${events.length} batches made ${entries} whole entries`);
console.log(
  `${Math.round((BATCH * ROUNDS) / seconds).toLocaleString('en')} clicks/s of ${Math.round(bytes)} bytes, ${(seconds / ROUNDS).toFixed(3)} s and ${Math.round(loggedBytes / events.length)} bytes of log a batch`,
);
