/** What keeps an audit from a verdict, in one sentence: a server that can't be reached is nothing a stack would explain. */

/** What stands between the operator and a verdict, in one sentence. */
export class CouldNotTell extends Error {}

/** The clients' own retries included; against a server that takes the connection and says nothing they have no bound. */
const ANSWER_WITHIN_MS = 25_000;

/** @param server what is asked, as the operator named it */
export async function answerOf<Answer>(
  server: string,
  asked: Promise<Answer>,
  withinMs = ANSWER_WITHIN_MS,
): Promise<Answer> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => silence.reject(new Error(`no answer within ${withinMs / 1000} s`)),
    withinMs,
  );
  try {
    return await Promise.race([asked, silence.promise]);
  } catch (error) {
    throw new CouldNotTell(`${server} can't be read: ${innermost(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Clients wrap what the network or the server said. */
export function innermost(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors.at(-1));
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause);
  return error instanceof Error ? error.message || error.name : String(error);
}
