/** Rules of one number or name each, and of numbers that have to fit each other. */
import { Token } from 'aws-cdk-lib/core';
import { FAST_BURN } from '../alarms/age-alarms.ts';
import { TOPIC_NAME } from '../broker-settings.ts';
import { createPatternRule, createRangeRule, type Rule } from './rule.ts';

/** Time that the handler keeps back for its answer, and a pace that is a hundredth of the one measured. */
const ANSWER_SECONDS = 2;
const RECORDS_PER_SECOND = 1_000;

/** Metrics by the minute can't show a share of a few minutes in a month. */
const SHARE_MIN = 0.94;
const SHARE_MAX = 0.9999;

const names: readonly Rule[] = [
  createPatternRule(
    'group-id',
    'groupId',
    /^[a-zA-Z0-9._-]{1,200}$/,
    "1 to 200 characters (AWS Lambda docs: kafka-consumer-group-id); with ':' MSK reports no lag metrics (AWS MSK docs: consumer-lag); '*' would be a wildcard in the right to join it",
    ({ group }) => group.groupId,
  ),
  createPatternRule(
    'ledger-name',
    'ledger',
    /^[a-z][a-z0-9-]{1,30}$/,
    'names of resources and paths of parameters contain it',
    ({ group }) => group.ledger,
  ),
  createPatternRule(
    'topic-name',
    'topic',
    TOPIC_NAME,
    'a mapping accepts only such names (CloudFormation schema of AWS::Lambda::EventSourceMapping)',
    ({ group }) => group.topic,
  ),
  {
    id: 'cluster-arn',
    because: 'the rights to topic and group contain these parts (AWS Lambda docs: services-msk-tutorial)',
    check: ({ cluster: { arn, name } }) => {
      if (Token.isUnresolved(arn)) return undefined;
      const [, ofArn] = /^arn:aws[a-z-]*:kafka:[a-z0-9-]+:\d{12}:cluster\/([^/*]+)\/[^/*]+$/.exec(arn) ?? [];
      if (ofArn !== undefined && (Token.isUnresolved(name) || name === ofArn)) return undefined;
      return {
        given: `cluster is '${name}' with the ARN '${arn}'`,
        allowed: 'arn:<partition>:kafka:<region>:<account>:cluster/<name>/<uuid> with that name',
      };
    },
  },
];

const batch: readonly Rule[] = [
  createRangeRule(
    'batch-records',
    'batch.records',
    [1, 10_000],
    'AWS Lambda docs: msk-esm-parameters',
    ({ group }) => group.batch.records,
  ),
  createRangeRule(
    'batch-window',
    'batch.windowSeconds',
    [0, 300],
    'AWS Lambda docs: msk-esm-parameters',
    ({ group }) => group.batch.windowSeconds,
  ),
  createRangeRule(
    'timeout',
    'sandbox.timeoutSeconds',
    [1, 840],
    'a mapping from Kafka needs a function that ends within 14 minutes (AWS Lambda docs: with-kafka-configure)',
    ({ group }) => group.sandbox.timeoutSeconds,
  ),
  {
    id: 'timeout-for-batch',
    because: `at ${RECORDS_PER_SECOND} records a second and ${ANSWER_SECONDS} s for the answer a full batch takes longer, so it would time out and return for ever (AWS Lambda docs: with-kafka-configure)`,
    check: ({ group: { batch, sandbox } }) => {
      const needed = Math.ceil(batch.records / RECORDS_PER_SECOND) + ANSWER_SECONDS;
      if (sandbox.timeoutSeconds >= needed) return undefined;
      return {
        given: `sandbox.timeoutSeconds is ${sandbox.timeoutSeconds} with batch.records ${batch.records}`,
        allowed: `a timeout from ${needed}, or a smaller batch`,
      };
    },
  },
  {
    id: 'age-for-attempt',
    because:
      'a record waits for the window and then for one invocation; if it grows too old meanwhile, it is discarded after at most one attempt (AWS Lambda docs: kafka-retry-configurations)',
    check: ({ group: { batch, sandbox, retry } }) => {
      const needed = (batch.windowSeconds ?? 1) + sandbox.timeoutSeconds;
      if (retry.ageSeconds === undefined || retry.ageSeconds === -1 || retry.ageSeconds >= needed)
        return undefined;
      return {
        given: `retry.ageSeconds is ${retry.ageSeconds} with a window of ${batch.windowSeconds ?? 0.5} s and a timeout of ${sandbox.timeoutSeconds} s`,
        allowed: `an age from ${needed}, the sum of both`,
      };
    },
  },
];

const bounds: readonly Rule[] = [
  createRangeRule(
    'memory',
    'sandbox.memoryMb',
    [128, 10_240],
    'AWS Lambda docs: gettingstarted-limits',
    ({ group }) => group.sandbox.memoryMb,
  ),
  createRangeRule(
    'partitions',
    'topic.partitions',
    [1, 100_000],
    'Kafka accepts no other number',
    ({ topic }) => topic.partitions,
  ),
  createRangeRule(
    'retention',
    'topic.retentionHours',
    [1, 87_600],
    'entries have to outlive the records that they count, and alarms watch how much of this time is left; a topic that keeps its records for ever (-1) has no such time',
    ({ topic }) => topic.retentionHours,
  ),
  {
    id: 'timestamps',
    because: 'whoever stamps a record decides the hour in which it is billed',
    check: ({ topic: { timestamps = 'broker' } }) =>
      timestamps === 'broker' || timestamps === 'producer'
        ? undefined
        : { given: `topic.timestamps is '${String(timestamps)}'`, allowed: "'broker' or 'producer'" },
  },
  createRangeRule(
    'ahead',
    'topic.aheadMaxSeconds',
    [0, 604_800],
    'a clock that is ahead bills its records in a future hour',
    ({ topic }) => topic.aheadMaxSeconds,
  ),
  {
    id: 'incarnation',
    because: 'it is part of the key of every journal, so a function with another one counts nothing',
    check: ({ topic: { incarnation } }) =>
      Token.isUnresolved(incarnation) || /^[1-9]\d{0,8}$/.test(String(incarnation))
        ? undefined
        : {
            given: `topic.incarnation is ${typeof incarnation === 'string' ? `'${incarnation}'` : incarnation}`,
            allowed: 'a whole number from 1 to 999999999, or a token of one',
          },
  },
  {
    id: 'log',
    because:
      'records that were counted already would be counted again in a copy (docs/adr/0020-incarnations.md)',
    check: ({ topic: { log = 'unsaid' } }) =>
      Token.isUnresolved(log) || ['unsaid', 'new', 'copy'].includes(log)
        ? undefined
        : { given: `topic.log is '${log}'`, allowed: "'new', 'copy' or nothing" },
  },
  {
    id: 'secret-name',
    because:
      'it names a variable of the function; those that begin with AWS_ are reserved (AWS Lambda docs: configuration-envvars)',
    check: ({ group: { secrets } }) => {
      const wrong = secrets.find((name) => !/^(?!AWS_)[A-Z][A-Z0-9_]{1,63}$/.test(name));
      return wrong === undefined
        ? undefined
        : { given: `secrets names '${wrong}'`, allowed: '2 to 64 characters of [A-Z0-9_], not AWS_…' };
    },
  },
  createRangeRule(
    'rejects-count',
    'rejects.countMin',
    [1, 10_000],
    'a batch has no more records',
    ({ group }) => group.rejects.countMin,
  ),
  {
    id: 'rejects-share',
    because: 'it is a share of a batch',
    check: ({ group: { rejects } }) =>
      rejects.shareMax >= 0 && rejects.shareMax <= 1
        ? undefined
        : { given: `rejects.shareMax is ${rejects.shareMax}`, allowed: 'from 0 to 1' },
  },
  createRangeRule(
    'slo-age',
    'slo.ageSeconds',
    [1, 604_800],
    'an alarm compares the age of records with a whole number of seconds',
    ({ group }) => group.slo?.ageSeconds,
  ),
  {
    id: 'slo-share',
    because: `the alarm slo-fast-burn fires when bad minutes come ${FAST_BURN} times too fast, and an hour has to hold that many`,
    check: ({ group: { slo } }) =>
      slo === undefined || (slo.share >= SHARE_MIN && slo.share <= SHARE_MAX)
        ? undefined
        : { given: `slo.share is ${slo.share}`, allowed: `from ${SHARE_MIN} to ${SHARE_MAX}` },
  },
  {
    id: 'entry-days',
    because:
      'an entry has to outlive the records that it counts, or a late redelivery would find no journal (I1)',
    check: ({ group: { entryDays }, topic: { retentionHours } }) =>
      !(retentionHours >= 0) || (Number.isInteger(entryDays) && entryDays * 24 > retentionHours)
        ? undefined
        : {
            given: `entryDays is ${entryDays} with a topic that keeps records for ${retentionHours} hours`,
            allowed: `a whole number from ${Math.floor(retentionHours / 24) + 1}`,
          },
  },
];

export const limits: readonly Rule[] = [...names, ...batch, ...bounds];
