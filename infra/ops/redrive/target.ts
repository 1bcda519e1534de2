/**
 * One ledger and what a redrive or a replay uses of it: its topic, its table, its deployed function and its failure destination. It is
 * opened from plain addresses, so that commands, tests and proofs do the same, on AWS and on the local runtime.
 */
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { limitRequests, operatorRequests } from '../../../shared/bounded-requests.ts';
import type { Ledger } from '../../../shared/journal/journal-store.ts';
import type { KafkaAccess } from '../../kafka/kafka-access.ts';
import { TopicLog } from '../../kafka/topic-log.ts';
import { awaitAnswer } from '../../terminal/answer-of.ts';
import { findInnermostMessage, UserError } from '../../terminal/user-error.ts';
import { openLedger } from '../ledger-view.ts';

/** The S3 destination of a mapping, or the folder that the local runtime uses instead. */
export type FailureDestination =
  | { readonly folder: string }
  | { readonly bucket: string; readonly region: string | undefined };

export interface Addresses {
  readonly ledger: string;
  readonly kafka: KafkaAccess;
  readonly topic: string;
  /** Of the ledger's mapping: how far it has committed is asked for; it is never joined. */
  readonly group: string;
  readonly table: string;
  readonly dynamodb: DynamoDBClientConfig;
  /** Name or ARN. */
  readonly function: string;
  readonly lambda: LambdaClientConfig;
  /** ARN of the role that may invoke the function; without it the caller's own rights are used. */
  readonly redriveRole?: string | undefined;
  /** As in the mapping's own events. */
  readonly sourceArn: string;
  readonly batchRecords: number;
  readonly destination: FailureDestination | undefined;
}

export interface Target extends Addresses {
  readonly store: Ledger & { readonly client: DynamoDBClient };
  readonly log: TopicLog;
  readonly functions: LambdaClient;
}

/** A function may take as long as Lambda lets it; a connection may not. */
const ANSWER_WITHIN_MS = 905_000;

/** Each request has its own bound; a long journal takes as many as it has pages. */
const PAGES_WITHIN_MS = 3_600_000;

export function openTarget(addresses: Addresses): Target {
  const { table, dynamodb, kafka, topic, group, lambda, redriveRole } = addresses;
  return {
    ...addresses,
    store: openLedger(table, dynamodb),
    log: new TopicLog(kafka, topic, group),
    functions: new LambdaClient({
      ...lambda,
      ...(redriveRole !== undefined && { credentials: credentialsOf(redriveRole) }),
      // A call that the SDK repeats would be another request, whose effects nobody could attribute.
      ...limitRequests({ attempts: 1, connectMs: 3_000, answerMs: ANSWER_WITHIN_MS }),
    }),
  };
}

/** For the client that invokes alone, in whose region STS is asked; all else is read with the caller's own rights. */
function credentialsOf(roleArn: string): ReturnType<typeof fromTemporaryCredentials> {
  const assumed = fromTemporaryCredentials({
    params: { RoleArn: roleArn, RoleSessionName: 'clickledger-redrive' },
    clientConfig: operatorRequests,
  });
  return (properties) =>
    assumed(properties).catch((error: unknown) => {
      throw new UserError(`role ${roleArn} can't be assumed: ${findInnermostMessage(error)}`, error);
    });
}

/** What a table says, or one sentence of why it can't be read. */
export function awaitTableAnswer<Answer>(
  { table }: Pick<Ledger, 'table'>,
  asked: Promise<Answer>,
): Promise<Answer> {
  return awaitAnswer(`table ${table}`, asked, PAGES_WITHIN_MS);
}

export async function closeTarget({ store, log, functions }: Target): Promise<void> {
  store.client.destroy();
  functions.destroy();
  await log.close().catch(() => {});
}
