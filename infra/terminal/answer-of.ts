/** An answer of a server within a bound, or one sentence: a server that can't be reached is nothing a stack would explain. */
import { findInnermostMessage, UserError } from './user-error.ts';

/** The clients' own retries included; against a server that takes the connection and says nothing they have no bound. */
const ANSWER_WITHIN_MS = 25_000;

/** @param server what is asked, as the operator named it */
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
