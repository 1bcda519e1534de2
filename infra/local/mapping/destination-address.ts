/**
 * Parses a mapping's destination from the template: a topic of the same cluster, or the ARN of an S3 bucket, an SQS queue or
 * an SNS topic. Each of the latter is a folder here.
 */

export type DestinationAddress =
  | { readonly kind: 'kafka'; readonly topic: string }
  | { readonly kind: 's3' | 'sqs' | 'sns'; readonly name: string };

/** Returns the address, or a sentence about what is wrong with the text (AWS Lambda docs: kafka-on-failure). */
export function parseDestinationAddress(text: string): DestinationAddress | string {
  const [, topic] = /^kafka:\/\/([\w.-]+)$/.exec(text) ?? [];
  if (topic !== undefined) return { kind: 'kafka', topic };
  const [, kind, name] = /^arn:[\w-]+:(s3|sqs|sns):[\w-]*:\d*:([\w.-]+)$/.exec(text) ?? [];
  if (name === undefined)
    return `is '${text}'; allowed are kafka://<topic> and the ARN of an S3 bucket, an SQS queue or an SNS topic`;
  if (name.endsWith('.fifo')) return `is '${text}'; FIFO queues and topics are not supported`;
  return { kind: kind as 's3' | 'sqs' | 'sns', name };
}
