/** The functions' handlers as they are deployed, on a client of the benchmark's choice. */
import type { Context } from 'aws-lambda';
import { fold as billingFold } from '../../functions/billing/fold.ts';
import { group as billing } from '../../functions/billing/group.ts';
import { createVelocityFold } from '../../functions/fraud/fold.ts';
import { group as fraud } from '../../functions/fraud/group.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { consumer } from '../../shared/consumer.ts';
import type { KafkaEvent } from '../../shared/event/event.ts';
import type { Sender } from '../../shared/journal/journal-store.ts';

/** Throws where a click of the event was not counted. */
export type Handler = (event: KafkaEvent) => Promise<void>;

export interface On {
  readonly client: Sender;
  readonly table: string;
  readonly clock?: Clock;
}

export function handlerOf(ledger: 'billing' | 'fraud', { client, table, clock = systemClock }: On): Handler {
  const config = { table, incarnation: 1, partialResponses: true, code: 'bench', secrets: {} };
  const means = { config, client, clock };
  const handler =
    ledger === 'billing'
      ? consumer(billing, () => billingFold, means)
      : consumer(fraud, () => createVelocityFold('a key of the benchmark'), means);
  return async (event) => {
    const { batchItemFailures } = await handler(event, context);
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} clicks were not counted`);
  };
}

/** A DynamoDB that says at once that nothing stood there. */
export const answersAtOnce = { send: async () => ({}) } as unknown as Sender;

const context = {
  awsRequestId: 'bench',
  functionName: 'bench',
  getRemainingTimeInMillis: () => 60_000,
} as Context;
