/**
 * What the planner's default speed of a handler rests on: billing's handler, all of it, on events of 10,000 clicks of one partition,
 * read from their JSON as the runtime does, with a DynamoDB that answers at once. Clicks are counted against seconds of CPU, garbage
 * collection included, since the machine may have other things to do. Run with `node test/bench/handler-speed.ts`.
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
const event = JSON.stringify(anEvent(clicks));

const write = process.stdout.write.bind(process.stdout);
let loggedBytes = 0;
process.stdout.write = (text) => {
  loggedBytes += text.length;
  return true;
};
let startedAt = process.cpuUsage();
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  if (round === WARM_UP) startedAt = process.cpuUsage();
  await handler(JSON.parse(event), context);
}
const { user, system } = process.cpuUsage(startedAt);
const seconds = (user + system) / 1e6;
process.stdout.write = write;
if (entries !== WARM_UP + ROUNDS)
  throw new Error(`${WARM_UP + ROUNDS} batches made ${entries} whole entries`);
console.log(
  `${Math.round((BATCH * ROUNDS) / seconds).toLocaleString('en')} clicks/s of CPU, of ${Math.round(bytes)} bytes, ${(seconds / ROUNDS).toFixed(3)} s and ${Math.round(loggedBytes / (WARM_UP + ROUNDS))} bytes of log a batch`,
);
