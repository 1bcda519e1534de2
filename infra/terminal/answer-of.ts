/** A server's answer within a time limit, or one sentence that says why not. */
import { findInnermostMessage, UserError } from './user-error.ts';

/** Includes the clients' own retries, which have no limit against a server that accepts the connection and never answers. */
const ANSWER_WITHIN_MS = 25_000;

/** @param server as the operator named it */
export async function awaitAnswer<Answer>(
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
    throw new UserError(`${server} can't be read: ${findInnermostMessage(error)}`, error);
  } finally {
    clearTimeout(timer);
  }
}
