/**
 * Billing against the usual ways to count each record once, on DynamoDB Local as it is, and with 5 ms added to every request, which is
 * nearer to AWS and fairer to those that work on many records at once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { fold } from '../../functions/billing/fold.ts';
import { group } from '../../functions/billing/group.ts';
import { type RunningDynamoDb, startDynamoDb } from '../../infra/local/dynamodb.ts';
import { createTables } from '../../infra/local/dynamodb-tables.ts';
import { FaultProxy } from '../../infra/prove/fault-proxy.ts';
import { systemClock } from '../../shared/clock.ts';
import { consumer } from '../../shared/consumer.ts';
import type { KafkaRecord } from '../../shared/event.ts';
import { captured } from '../support/captured.ts';
import { localJars } from '../support/local-jars.ts';
import { metered } from '../support/write-units.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { eventOf } from './events.ts';
import { interleaved, spreadOf } from './interleaved.ts';
import { CONCURRENCY, itemPerRecord, type Peer, powertools, transactionPerRecord } from './peers.ts';

const RECORDS = 1_000;
const ADVERTISERS = 50;
const DELAY_MS = 5;
const TABLE = 'bench';
/** In the time of one event of a peer. */
const EVENTS_OF_OURS = 20;

export async function benchPeers(options: BenchOptions): Promise<Section[]> {
  const folder = mkdtempSync(join(tmpdir(), 'clickledger-bench-'));
  let dynamodb: RunningDynamoDb | undefined;
  try {
    const files = { dataFolder: join(folder, 'dynamodb'), logFile: join(folder, 'dynamodb.log') };
    dynamodb = await startDynamoDb({ jars: await localJars(), ...files });
    await createTables(dynamodb, [plannedTable]);
    return [await benchAt(dynamodb, 0, options), await benchAt(dynamodb, DELAY_MS, options)];
  } finally {
    await dynamodb?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const plannedTable = {
  name: TABLE,
  stack: 'bench',
  logicalId: 'Bench',
  keys: [
    { attribute: 'pk', type: 'HASH' },
    { attribute: 'sk', type: 'RANGE' },
  ],
  attributes: [
    { name: 'pk', type: 'S' },
    { name: 'sk', type: 'S' },
  ],
  globalIndexes: [],
  localIndexes: [],
  expiryAttribute: undefined,
} as const;

async function benchAt(dynamodb: RunningDynamoDb, delayMs: number, options: BenchOptions): Promise<Section> {
  const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb;
  const proxy = await FaultProxy.start({
    endpoint,
    decide: () => ({ kind: 'delayed', ms: delayMs }),
    signal: () => {},
    heard: () => {},
  });
  const client = () =>
    new DynamoDBClient({
      endpoint: delayMs === 0 ? endpoint : proxy.endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      requestHandler: { httpAgent: { maxSockets: CONCURRENCY } },
    });
  try {
    return await benchWith(client, delayMs, options);
  } finally {
    await proxy.close();
  }
}

async function benchWith(
  client: () => DynamoDBClient,
  delayMs: number,
  options: BenchOptions,
): Promise<Section> {
  const { seed, rounds, say } = options;
  const entrants = [clickledger, powertools, transactionPerRecord, itemPerRecord].map((made) => {
    const own = client();
    return {
      ...made(own, TABLE),
      client: own,
      meter: metered(own),
      events: made === clickledger ? EVENTS_OF_OURS : 1,
      billed: 0,
    };
  });
  say(`peers: ${RECORDS} records, ${ADVERTISERS} advertisers, ${delayMs} ms added …`);
  const rivals = Object.fromEntries(
    entrants.map((entrant, partition) => [
      entrant.name,
      async () => {
        for (let i = 0; i < entrant.events; i++) {
          // Nobody is given a record twice: this is the price of counting it once.
          await entrant.bill(recordsOf(seed, delayMs * 1_000_000 + entrant.billed, partition));
          entrant.billed += RECORDS;
        }
      },
    ]),
  );
  const { result: turns } = await captured(() => interleaved(rivals, { turns: rounds + 1, warmUps: 1 }));
  const rates = entrants.map(({ name, events }) =>
    (turns[name] ?? []).map((ms) => (RECORDS * events * 1_000) / ms),
  );
  for (const { client: own } of entrants) own.destroy();
  return {
    id: `peers-${delayMs}`,
    title:
      delayMs === 0
        ? 'Counting each record once: DynamoDB Local as it is'
        : `The same with ${delayMs} ms added to every request`,
    about: `Events of ${RECORDS} records of ${ADVERTISERS} advertisers; the peers work on ${CONCURRENCY} records at once. Write units are computed from what was sent, by the billing rules. To reach: 400 times Powertools’ clicks/s at a thousandth of its write units.`,
    rows: entrants.map(({ name, meter, billed }, i) => ({
      'counted by': name,
      'clicks/s': spreadOf(rates[i] ?? []),
      'Clickledger is so many times as fast': spreadOf(
        (rates[0] ?? []).map((rate, turn) => rate / (rates[i]?.[turn] ?? Number.NaN)),
      ),
      'write units per click': meter.units / billed,
      'requests per click': meter.requests / billed,
    })),
    chart: { x: 'counted by', y: 'clicks/s', log: true },
  };
}

function clickledger(client: DynamoDBClient, table: string): Peer {
  const config = { table, incarnation: 1, partialResponses: true, code: 'bench', secrets: {} };
  const handler = consumer(group, () => fold, { config, client, clock: systemClock });
  const context = {
    awsRequestId: 'bench',
    functionName: 'bench',
    getRemainingTimeInMillis: () => 60_000,
  } as Context;
  return {
    name: 'Clickledger',
    bill: async (records) => {
      const response = await handler({ records: { 'ad_clicks-0': records } }, context);
      if (response.batchItemFailures.length > 0) throw new Error('the batch was not billed');
    },
  };
}

/** @param partition one for each rival, so that none finds what another has written */
function recordsOf(seed: number, from: number, partition: number): readonly KafkaRecord[] {
  const shape = {
    records: RECORDS,
    advertisers: ADVERTISERS,
    spread: 'Zipf',
    seed,
    from,
    partition,
  } as const;
  return eventOf(shape).records[`ad_clicks-${partition}`] ?? [];
}
