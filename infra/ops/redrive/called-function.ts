/**
 * The deployed function of a ledger, invoked by Lambda's API. A call whose answer was lost may have done its work; it is repeated, and the
 * journal makes that harmless (I1).
 */

import { setTimeout as pause } from 'node:timers/promises';
import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import { findInnermostMessage, UserError } from '../../terminal/user-error.ts';

/** What became of a payload. */
interface CallEnd {
  /** Ids of the requests that were heard to their end; entries name theirs. */
  readonly requests: readonly string[];
  /** Why the function did not resolve all of it; undefined if it did. */
  readonly failed: string | undefined;
}

const ATTEMPTS = 4;
const PAUSE_MS = 500;

/** What the same call will meet again. */
const refusals = new Set([
  'AccessDeniedException',
  'InvalidSignatureException',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
  'CredentialsProviderError',
]);

/** Throws `UserError` where the function can't be invoked. */
export async function callFunction(
  client: LambdaClient,
  name: string,
  payload: Buffer,
  signal: AbortSignal,
  pauseMs = PAUSE_MS,
): Promise<CallEnd> {
  const requests: string[] = [];
  let failed: string | undefined;
  let unheard: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    signal.throwIfAborted();
    try {
      const called = new InvokeCommand({ FunctionName: name, Payload: payload, LogType: 'Tail' });
      const answer = await client.send(called, { abortSignal: signal });
      requests.push(answer.$metadata.requestId ?? '');
      unheard = undefined;
      failed = failureIn(answer);
      if (failed === undefined) return { requests, failed };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UserError) throw error;
      if (error instanceof Error && refusals.has(error.name))
        throw new UserError(`function ${name} can't be called: ${error.message}`, error);
      unheard = error;
    }
    if (attempt < ATTEMPTS) await pause(pauseMs * 2 ** (attempt - 1), undefined, { signal }).catch(() => {});
  }
  if (unheard !== undefined)
    throw new UserError(`function ${name} can't be reached: ${findInnermostMessage(unheard)}`, unheard);
  return { requests, failed };
}

function failureIn({ FunctionError, Payload, LogResult }: InvokeCommandOutput): string | undefined {
  const text = Buffer.from(Payload ?? []).toString('utf8');
  const answer: unknown = parsed(text);
  if (FunctionError !== undefined) {
    const { errorType = FunctionError, errorMessage = text } = (answer ?? {}) as Record<string, unknown>;
    return `the function failed: ${errorType}: ${errorMessage}`;
  }
  const { batchItemFailures = [] } = (answer ?? {}) as { batchItemFailures?: unknown };
  if (!Array.isArray(batchItemFailures)) return 'the answer of the function is not a partial batch response';
  if (batchItemFailures.length === 0) return undefined;
  const log = Buffer.from(LogResult ?? '', 'base64').toString('utf8');
  const code = /"code":"([a-z]+\.[a-z]+)"/.exec(log)?.[1];
  return `the function reports the partition as failed: ${code ?? 'its log says why'}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
