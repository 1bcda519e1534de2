/**
 * The shape of a group's data, also from plain JavaScript. It is wider than `GroupSpec`, so that the rules of group-rules.ts can explain an
 * illegal combination and name the page. An unknown property is probably misspelt, and refused. In: anything. Out: data that the rules can
 * check, or every fault.
 */
import * as v from 'valibot';
import type { GroupSpec } from '../../shared/group.ts';

const text = v.string('must be a text');
const number = v.number('must be a number');
const flag = v.boolean('must be true or false');

function oneOf<const T extends readonly string[]>(allowed: T) {
  return v.picklist(allowed, `must be ${allowed.map((value) => `'${value}'`).join(' or ')}`);
}

function object<const T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, (issue) =>
    issue.expected === 'never'
      ? `is no property, allowed are ${Object.keys(entries).join(', ')}`
      : 'must be an object',
  );
}

const destinationShape = v.union(
  [
    v.literal('s3'),
    object({ bucketArn: text, keyArn: v.optional(text) }),
    object({ queueArn: text, keyArn: v.optional(text) }),
    object({ snsTopicArn: text, keyArn: v.optional(text) }),
    object({ kafkaTopic: text }),
  ],
  "must be 's3', { bucketArn }, { queueArn }, { snsTopicArn }, each with the keyArn it encrypts with, or { kafkaTopic }",
);

const groupShape = object({
  ledger: text,
  groupId: text,
  topic: text,
  /** Checked as a whole: group-rules.ts. */
  contract: v.unknown(),
  count: v.unknown(),
  startingPosition: oneOf(['TRIM_HORIZON', 'LATEST']),
  batch: object({ records: number, windowSeconds: v.optional(number) }),
  retry: object({
    until: oneOf(['done', 'spent']),
    attempts: v.optional(number),
    ageSeconds: v.optional(number),
    bisect: v.optional(flag),
    destination: v.optional(destinationShape),
  }),
  pollers: object({
    mode: v.optional(oneOf(['on-demand'])),
    min: v.optional(number),
    max: v.optional(v.union([number, v.literal('partitions')], "must be a number or 'partitions'")),
    partialResponses: v.optional(flag),
    logs: v.optional(oneOf(['DEBUG', 'INFO', 'WARN'])),
    group: v.optional(text),
  }),
  filters: v.optional(v.array(v.unknown(), 'must be a list')),
  offsets: oneOf(['dense', 'sparse']),
  rejects: object({ shareMax: number, countMin: number }),
  entryDays: number,
  sandbox: object({ memoryMb: number, timeoutSeconds: number }),
  secrets: v.array(text, 'must be a list of names'),
  slo: v.optional(object({ ageSeconds: number, share: number })),
  /** Checked in alarms/watch-group.ts. */
  alarms: v.optional(v.unknown()),
});

/** A group as the rules see it. */
export type GivenGroup = v.InferOutput<typeof groupShape>;

/** Fails to compile where `GroupSpec` has got a property that the shape does not know. */
type Unknown = Exclude<keyof GroupSpec, keyof GivenGroup>;
const nothingUnknown: [Unknown] extends [never] ? true : Unknown = true;

export function readGroup(
  given: unknown,
): { readonly group: GivenGroup } | { readonly faults: readonly string[] } {
  const parsed = v.safeParse(groupShape, given);
  if (parsed.success && nothingUnknown) return { group: parsed.output };
  const faults = (parsed.issues ?? []).map((issue) => {
    const path = v.getDotPath(issue) ?? 'group';
    return issue.message.startsWith('is no')
      ? `${path} ${issue.message}`
      : `${path} is ${shown(issue.input)}, ${issue.message}`;
  });
  return { faults };
}

function shown(given: unknown): string {
  return given === undefined ? 'missing' : JSON.stringify(given);
}
