/**
 * Where a record stands and where its effect goes: position = (cluster, topic, incarnation, partition, offset).
 *
 * A table belongs to one ledger on one cluster, so a journal needs only the rest: one journal per (topic, incarnation,
 * partition), keyed `<topic>@<incarnation>#<partition>`. Kafka topic names are `[a-zA-Z0-9._-]`, so `@` and `#`
 * cannot occur in them and the key reads back without doubt. The consumer group is not part of it: a second mapping
 * under another group id must meet the same fence (I1).
 */

interface Journal {
  readonly topic: string;
  /** Raised by the operator when a topic is recreated, so that offsets which start again at 0 meet a fresh journal. */
  readonly incarnation: number;
  readonly partition: number;
}

/** Kafka's own rule for topic names (`org.apache.kafka.common.internals.Topic`). */
export const topicPattern = /^[a-zA-Z0-9._-]{1,249}$/;

const journalPattern = /^([a-zA-Z0-9._-]{1,249})@([1-9]\d{0,8})#(0|[1-9]\d{0,8})$/;

export function formatJournalKey(journal: Journal): string {
  return `${journal.topic}@${journal.incarnation}#${journal.partition}`;
}

export function parseJournalKey(key: string): Journal {
  const match = journalPattern.exec(key);
  if (match === null)
    throw new RangeError(`not the key of a journal: '${key}'; expected <topic>@<incarnation>#<partition>`);
  return { topic: String(match[1]), incarnation: Number(match[2]), partition: Number(match[3]) };
}
