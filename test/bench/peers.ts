/**
 * How others keep a redelivered record from counting twice, written as their own documentation has it: each bills the records of
 * a batch once and can be given the same batch again. They share the decoder, so that only their bookkeeping differs.
 */
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import {
  type DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { isRejected } from '../../shared/contract/decode.ts';
import { type KafkaEvent, listDeliveries } from '../../shared/event/event.ts';
import { formatHour } from '../../shared/fold/delta.ts';
import { type Click, decode } from '../support/clicks.ts';
import { type Handler, handlerOf } from './handlers.ts';

export interface Peer {
  readonly name: string;
  readonly bill: Handler;
}

/** As many records at once as Powertools' own examples and our budget of connections allow. */
export const CONCURRENCY = 50;

/** Billing as it is deployed. */
export function billing(client: DynamoDBClient, table: string): Peer {
  return { name: 'Clickledger', bill: handlerOf('billing', { client, table }) };
}

/** Powertools for AWS Lambda (TypeScript), utility idempotency, around an atomic counter. */
export function powertools(client: DynamoDBClient, table: string): Peer {
  const persistenceStore = new DynamoDBPersistenceLayer({
    tableName: table,
    keyAttr: 'pk',
    sortKeyAttr: 'sk',
    awsSdkV3Client: client,
  });
  const config = new IdempotencyConfig({});
  const billOnce = makeIdempotent(
    async (_position: string, click: Click) => {
      await client.send(new UpdateItemCommand(additionOf(table, click)));
    },
    { persistenceStore, config, dataIndexArgument: 0 },
  );
  return {
    name: 'Powertools idempotency per record',
    bill: (event) => each(event, async (click) => void (await billOnce(positionOf(click), click))),
  };
}

/** A marker for the position and the sum, in one transaction. */
export function transactionPerRecord(client: DynamoDBClient, table: string): Peer {
  const bill = async (click: Click) => {
    const marker = {
      TableName: table,
      Item: { pk: { S: `marker#${positionOf(click)}` }, sk: { S: 'marker' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    };
    await client.send(
      new TransactWriteItemsCommand({
        TransactItems: [{ Put: marker }, { Update: additionOf(table, click) }],
      }),
    );
  };
  return { name: 'one transaction per record', bill: (event) => each(event, bill) };
}

/** The click itself, under its position; a bill is a query over all of them. */
export function itemPerRecord(client: DynamoDBClient, table: string): Peer {
  const bill = async (click: Click) => {
    const { advertiserId, priceMicros, record } = click;
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: {
          pk: { S: `advertiser#${advertiserId}#${formatHour(record.timestamp)}` },
          sk: { S: positionOf(click) },
          micros: { N: String(priceMicros) },
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  };
  return { name: 'one item per record', bill: (event) => each(event, bill) };
}

function additionOf(table: string, { advertiserId, priceMicros, record }: Click) {
  return {
    TableName: table,
    Key: { pk: { S: `advertiser#${advertiserId}` }, sk: { S: formatHour(record.timestamp) } },
    UpdateExpression: 'ADD clicks :one, micros :micros',
    ExpressionAttributeValues: { ':one': { N: '1' }, ':micros': { N: String(priceMicros) } },
  };
}

function positionOf({ record: { topic, partition, offset } }: Click): string {
  return `${topic}#${partition}#${offset}`;
}

/** The clicks of the event, CONCURRENCY at a time. */
async function each(event: KafkaEvent, bill: (click: Click) => Promise<void>): Promise<void> {
  const left = listDeliveries(event)
    .flatMap(({ records }) => records)
    .values();
  async function worker(): Promise<void> {
    for (const record of left) {
      const decoded = decode(record);
      if (!isRejected(decoded)) await bill(decoded);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
