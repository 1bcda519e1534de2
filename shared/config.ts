/**
 * What the runtime is told: the environment of a function, read once at cold start and refused whole, with every fault
 * in one message. The only place on the functions' side that touches `process.env`. infra/aws builds the very same
 * variables with `satisfies FunctionEnvironment`, so that the two can't drift apart.
 */
import * as v from 'valibot';
import { AppError } from './errors.ts';
import type { Beginning } from './journal/beginnings.ts';

const wholeNumber = v.pipe(v.string(), v.regex(/^\d{1,9}$/, 'must be a whole number'));

const environmentSchema = v.object({
  /** The DynamoDB table of the ledger. */
  LEDGER_TABLE: v.pipe(
    v.string(),
    v.regex(/^[a-zA-Z0-9_.-]{3,255}$/, 'must be the name of a DynamoDB table'),
  ),
  /** See `Journal.incarnation`. */
  TOPIC_INCARNATION: v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/, 'must be a whole number from 1')),
  /** Who stamps the records of the topic. */
  TOPIC_TIMESTAMPS: v.optional(
    v.picklist(['broker', 'producer'], "must be 'broker' or 'producer'"),
    'broker',
  ),
  /** How long the topic keeps a record. What a producer stamps as older is parked, and a journal of that age explains nothing. */
  TOPIC_RETENTION_HOURS: wholeNumber,
  /** How far ahead of the function's clock a producer may stamp a record, in seconds; what is further ahead is parked. */
  TOPIC_AHEAD_SECONDS: v.optional(wholeNumber),
  /** What became of the records of the incarnation before: none of them (`new`), or a copy of them. */
  TOPIC_LOG: v.optional(v.picklist(['unsaid', 'new', 'copy'], "must be 'unsaid', 'new' or 'copy'"), 'unsaid'),
  /** Whether the mapping reads `batchItemFailures`; an on-demand one does not, and needs a throw. */
  PARTIAL_RESPONSES: v.picklist(['true', 'false'], "must be 'true' or 'false'"),
  /** Names the deployed code in every entry. */
  CODE_VERSION: v.pipe(
    v.string(),
    v.regex(/^[\w.+-]{1,64}$/, 'must be 1 to 64 characters of [A-Za-z0-9_.+-]'),
  ),
});

export type FunctionEnvironment = v.InferInput<typeof environmentSchema>;

export interface Config {
  readonly table: string;
  readonly incarnation: number;
  /** What is known where a journal begins; undefined where no journal of another incarnation can exist. */
  readonly beginning?: Beginning | undefined;
  readonly partialResponses: boolean;
  readonly code: string;
  /** Undefined where the broker stamps the records. */
  readonly producerTimes?: ProducerTimes | undefined;
  /** The variables that the group named as secrets. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What a producer's timestamp is believed. */
export interface ProducerTimes {
  readonly retentionMs: number;
  readonly aheadMaxMs: number;
}

/** Sixteen bytes as text is the least that a key for HMAC may have. */
const SECRET_LENGTH_MIN = 16;

/** Throws `config.invalid` naming every fault. */
export function readConfig(secretNames: readonly string[], environment = process.env): Config {
  const parsed = v.safeParse(environmentSchema, environment);
  const faults = (parsed.issues ?? []).map((issue) => {
    const name = v.getDotPath(issue) ?? '';
    const given = environment[name];
    return given === undefined ? `${name} is not set` : `${name} is '${given}' and ${issue.message}`;
  });
  const secrets: Record<string, string> = {};
  for (const name of secretNames) {
    const secret = environment[name] ?? '';
    if (secret.length < SECRET_LENGTH_MIN)
      faults.push(`${name} has ${secret.length} characters of at least ${SECRET_LENGTH_MIN}`);
    secrets[name] = secret;
  }
  const times = parsed.success ? producerTimesOf(parsed.output, faults) : undefined;
  if (!parsed.success || faults.length > 0) throw new AppError('config.invalid', faults.join('; '));
  return {
    table: parsed.output.LEDGER_TABLE,
    incarnation: Number(parsed.output.TOPIC_INCARNATION),
    beginning: {
      log: parsed.output.TOPIC_LOG,
      retentionMs: Number(parsed.output.TOPIC_RETENTION_HOURS) * 3_600_000,
    },
    partialResponses: parsed.output.PARTIAL_RESPONSES === 'true',
    code: parsed.output.CODE_VERSION,
    ...(times !== undefined && { producerTimes: times }),
    secrets,
  };
}

function producerTimesOf(
  given: v.InferOutput<typeof environmentSchema>,
  faults: string[],
): ProducerTimes | undefined {
  if (given.TOPIC_TIMESTAMPS === 'broker') return undefined;
  const { TOPIC_RETENTION_HOURS: hours, TOPIC_AHEAD_SECONDS: ahead } = given;
  if (ahead === undefined)
    faults.push("TOPIC_AHEAD_SECONDS is to be set where TOPIC_TIMESTAMPS is 'producer'");
  return { retentionMs: Number(hours) * 3_600_000, aheadMaxMs: Number(ahead) * 1_000 };
}
