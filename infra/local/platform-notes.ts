/** Known differences between the local runtime and AWS, for any template. */
export const platformNotes: readonly string[] = [
  'pauses between retries are 0.1 to 5 s, and a failed batch is halved within each partition; AWS documents neither',
  'the age of a record is measured from its timestamp; AWS does not document which clock Lambda uses',
  'S3 buckets, SQS queues and SNS topics of failure destinations are folders under .clickledger/destinations',
  'each mapping has its minimum number of pollers; the number does not follow the load',
  "a mapping's own metrics and logs, and a limit of concurrent invocations, are not imitated",
  'pollers read committed records only; AWS does not document which isolation level Lambda uses',
  'a sandbox is not frozen between invocations',
  'a function gets its own ARN, without the alias that its mapping names',
  'rights, encryption and the network are not imitated',
];
