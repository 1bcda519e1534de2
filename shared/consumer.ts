/**
 * Last stage, around the others: the Lambda handler of a group's event source mapping.
 *
 *   event ─► deliveries ─► one journal each, side by side ─► partial batch response
 *
 * Middy carries what cuts across: logging, metrics, and turning failed partitions into the answer that this mapping
 * understands. A partition is reported successful only when its journal is known to hold all of it (I7), and one that
 * fails takes no other with it (I8). A mapping without partial responses gets a throw instead, after the others were
 * committed; its retry finds them resolved.
 */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { functionRequests } from './bounded-requests.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Config, readConfig } from './config.ts';
import type { AnyEvent, Contract, EventOf } from './contract/contract.ts';
import { createDecoder } from './contract/decode-batch.ts';
import { AppError } from './errors.ts';
import {
  assertBrokerTimes,
  assertTopic,
  type Delivery,
  formatPartitionKey,
  type ItemIdentifier,
  type KafkaEvent,
  listDeliveries,
  listIdentifiers,
  readEvent,
} from './event/event.ts';
import { createCounting } from './fold/count.ts';
import { countingFold, type Fold } from './fold/fold.ts';
import type { GroupSpec } from './group.ts';
import { applyDelivery, type Outcome, startHead, type Writer } from './journal/apply-delivery.ts';
import { formatJournalKey } from './journal/journal-key.ts';
import type { Sender } from './journal/journal-store.ts';
import {
  createTelemetry,
  reportDelivery,
  reportInvocation,
  reportRefusal,
  type Telemetry,
} from './telemetry.ts';

export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: ItemIdentifier }[];
}

export type ConsumerHandler = (event: unknown, context: Context) => Promise<BatchResponse>;

/** What a test hands in; a deployed function takes it all from its environment. */
export interface Means {
  readonly config: Config;
  readonly client: Sender;
  readonly clock: Clock;
}

/** Time kept back from the invocation for the answer itself. */
const DEADLINE_MARGIN_MS = 1_500;

/** The client of every function: it stops waiting for what says nothing, so that the loop around it tries again. */
export function createLedgerClient(): DynamoDBClient {
  return new DynamoDBClient(functionRequests);
}

/**
 * The handler of a group. Without a fold it counts what the group's `count` says.
 * @param foldWith gets the values of `group.secrets`
 */
export function consumer<C extends Contract, S = undefined>(
  group: GroupSpec & { readonly contract: C },
  foldWith?: (secrets: Config['secrets']) => Fold<S, EventOf<C> & AnyEvent>,
  given?: Means,
): ConsumerHandler {
  const { contract, count } = group;
  if (count.fold === true && foldWith === undefined)
    throw new AppError(
      'config.invalid',
      `${group.ledger} says that a fold counts, and its handler names none`,
    );
  const { config, client, clock } = given ?? {
    config: readConfig(group.secrets),
    client: createLedgerClient(),
    clock: systemClock,
  };
  const writer: Writer<unknown> = {
    ledger: { client, table: config.table, entryDays: group.entryDays },
    group,
    decoder: createDecoder(contract, count.by),
    counting: createCounting(contract, count),
    fold: (foldWith?.(config.secrets) ?? countingFold) as Fold<unknown>,
    clock,
    code: config.code,
    producerTimes: config.producerTimes,
    beginning: config.beginning,
  };
  const telemetry = createTelemetry(group.ledger, config.table);
  const handler = middy<unknown, unknown>()
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics))
    .use(envelopeRead(group.topic, config.producerTimes, telemetry))
    .use(failuresAnswered(config.partialResponses))
    .handler(function applyEvent(event: unknown, context: Context): Promise<Failures> {
      return applyEach(writer, config.incarnation, event as KafkaEvent, context, telemetry);
    });
  return handler as unknown as ConsumerHandler; // What the middlewares make of event and answer, middy's types can't say.
}

/** By partition, as `formatPartitionKey` writes it. */
type Failures = ReadonlyMap<string, AppError>;

/** Before the handler: what came is an event of the group's topic, or is thrown out whole, which is as good as a halt. */
function envelopeRead(
  topic: string,
  producerTimes: Config['producerTimes'],
  telemetry: Telemetry,
): middy.MiddlewareObj<unknown, unknown> {
  return {
    before: (request) => {
      reportInvocation(telemetry, request.context);
      try {
        const event = readEvent(request.event);
        assertTopic(event, topic);
        if (producerTimes === undefined) assertBrokerTimes(event);
        request.event = event;
      } catch (error) {
        if (error instanceof AppError) reportRefusal(telemetry, error);
        throw error;
      }
    },
  };
}

/** After it: what failed becomes the answer that this mapping understands. Offsets alone have no record to be named by. */
function failuresAnswered(partialResponses: boolean): middy.MiddlewareObj<unknown, unknown> {
  return {
    after: (request) => {
      const failures = request.response as Failures;
      const { void: empty, accept } = request.event as KafkaEvent;
      const named = partialResponses && empty === undefined && accept === undefined;
      if (failures.size > 0 && !named) throw wholeFailure(failures);
      const failed = new Set(failures.keys());
      const identifiers = failed.size === 0 ? [] : listIdentifiers(request.event as KafkaEvent, failed);
      const response: BatchResponse = {
        batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
      };
      request.response = response;
    },
  };
}

/** Applies the deliveries of an event side by side; returns the failures by partition. */
async function applyEach<S>(
  writer: Writer<S>,
  incarnation: number,
  event: KafkaEvent,
  context: Context,
  telemetry: Telemetry,
): Promise<Failures> {
  const remaining = Math.max(0, context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS);
  const signal = AbortSignal.timeout(remaining);
  const deadline = writer.clock.now() + remaining;
  const asked = { unpark: event.unpark === true, park: event.park === true };
  const chosen = event.void !== undefined || event.accept !== undefined;
  const invocation = { request: context.awsRequestId, deadline, signal, ...asked, chosen };
  const started = listDeliveries(event).map((delivery) => {
    const journal = formatJournalKey({ ...delivery, incarnation });
    return { delivery, journal, head: startHead(writer, journal, delivery, signal) };
  });
  const failures = new Map<string, AppError>();
  await Promise.all(
    started.map(async ({ delivery, journal, head }) => {
      const outcome: Outcome = await applyDelivery(writer, journal, delivery, invocation, head);
      reportDelivery(telemetry, journal, outcome, recordAge(writer.clock, delivery, outcome));
      if (outcome.failure !== undefined) failures.set(formatPartitionKey(delivery), outcome.failure);
    }),
  );
  return failures;
}

/** A replay brings back old records that wait for nobody. */
function recordAge(clock: Clock, delivery: Delivery, outcome: Outcome): number {
  if (outcome.failure === undefined && outcome.resolved === 0) return 0;
  return Math.max(0, clock.now() - (delivery.records[0]?.timestamp ?? clock.now()));
}

function wholeFailure(failures: Failures): Error {
  const partitions = Array.from(failures, ([partition, { code }]) => `${partition} (${code})`);
  return new Error(`failed, and no answer can name it: ${partitions.join(', ')}`, {
    cause: failures.values().next().value,
  });
}
