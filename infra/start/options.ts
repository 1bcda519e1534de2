/** What a run of the local runtime with clicks and live lines is asked for. */
import type { PartialRetry } from '../local/mapping/decide.ts';

export interface StartOptions {
  readonly stage: string;
  /** All clicks of the log together; undefined for clicks without end. */
  readonly clicks: number | undefined;
  /** Clicks per second; undefined for as fast as possible, 0 for none. */
  readonly rate: number | undefined;
  /** End once everything is drained, and say whether it is exact. */
  readonly exit: boolean;
  readonly seed: number;
  readonly advertisers: number;
  /** Go on with the log and the tables of the last run. */
  readonly keep: boolean;
  /** What comes again after a partial response. */
  readonly partialRetry: PartialRetry;
  /** Which one the topic is now; undefined for what the templates or an earlier run say. */
  readonly incarnation: number | undefined;
  readonly kafkaPort: number | undefined;
  readonly dynamodbPort: number | undefined;
  /** Join consumer groups that exist already on a Kafka of the user's own. */
  readonly join: boolean;
  /** Serve the live page; one that is to end by itself is watched by no person, unless a port is given. */
  readonly page: boolean;
  readonly pagePort: number | undefined;
  /** List every difference from AWS at the start. */
  readonly differences: boolean;
}
