/** Rules of where discarded records go: what Lambda accepts as a destination, and what would be circular. */
import { Token } from 'aws-cdk-lib/core';
import type { GivenGroup } from '../group-shape.ts';
import type { Rule } from './rule.ts';

const DESTINATIONS = 'AWS Lambda docs: kafka-on-failure-destination';

/** `kafka://` and four characters are the twelve that the mapping's schema wants at least. */
const KAFKA_TOPIC_LENGTH_MIN = 4;
const DESTINATION_LENGTH_MAX = 350;

function destinationOf({ retry: { destination } }: GivenGroup) {
  const { kafkaTopic, bucketArn, queueArn, snsTopicArn } =
    typeof destination === 'object' ? (destination as Readonly<Record<string, string>>) : {};
  return { kafkaTopic, bucketArn, queueArn, snsTopicArn };
}

export const destination: readonly Rule[] = [
  {
    id: 'kafka-destination-other',
    because: `discarded records would return to the group that discarded them (${DESTINATIONS})`,
    check: ({ group }) =>
      destinationOf(group).kafkaTopic === group.topic
        ? {
            given: `retry.destination is the source topic '${group.topic}'`,
            allowed: 'another topic of the cluster',
          }
        : undefined,
  },
  {
    id: 'kafka-destination-name',
    because: `a destination has at least 12 characters, kafka:// included (CloudFormation schema of AWS::Lambda::EventSourceMapping; ${DESTINATIONS})`,
    check: ({ group }) => {
      const { kafkaTopic } = destinationOf(group);
      if (kafkaTopic === undefined || Token.isUnresolved(kafkaTopic)) return undefined;
      if (kafkaTopic.length >= KAFKA_TOPIC_LENGTH_MIN && /^[a-zA-Z0-9._-]{1,249}$/.test(kafkaTopic))
        return undefined;
      return {
        given: `retry.destination.kafkaTopic is '${kafkaTopic}'`,
        allowed: `${KAFKA_TOPIC_LENGTH_MIN} to 249 characters of [a-zA-Z0-9._-]`,
      };
    },
  },
  {
    id: 'no-fifo-destination',
    because:
      'FIFO queues and FIFO topics are not supported as destinations (AWS Lambda docs: kafka-on-failure)',
    check: ({ group, fifoDestination }) => {
      const { queueArn, snsTopicArn } = destinationOf(group);
      const arn = queueArn ?? snsTopicArn;
      if (arn === undefined || !(fifoDestination || arn.endsWith('.fifo'))) return undefined;
      return {
        given: `retry.destination is the FIFO ${queueArn === undefined ? 'topic' : 'queue'} '${arn}'`,
        allowed: 'a standard one',
      };
    },
  },
  {
    id: 'destination-arn',
    because: `a destination is an ARN of S3, SQS or SNS of at most ${DESTINATION_LENGTH_MAX} characters (AWS Lambda docs: kafka-on-failure)`,
    check: ({ group }) => {
      const { bucketArn, queueArn, snsTopicArn } = destinationOf(group);
      const arns = { s3: bucketArn, sqs: queueArn, sns: snsTopicArn };
      const [service, arn] = Object.entries(arns).find(([, value]) => value !== undefined) ?? [];
      if (arn === undefined || Token.isUnresolved(arn)) return undefined;
      const fits = new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:\\d*:[^*?/:]+$`).test(arn);
      if (fits && arn.length <= DESTINATION_LENGTH_MAX) return undefined;
      return { given: `retry.destination is '${arn}'`, allowed: `an ARN of one ${service} resource` };
    },
  },
];
