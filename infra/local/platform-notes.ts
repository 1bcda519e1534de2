/** Where this ground differs from the platform, whatever the templates say. */
export const platformNotes: readonly string[] = [
  'pauses between retries are 0.1 to 5 s, and a failed batch is cut within each partition; of Lambda neither is documented',
  'a record is as old as its timestamp says; which clock Lambda holds it against is not documented',
  'buckets, queues and topics of messages that failures go to are folders under .clickledger/destinations',
  'each mapping has its minimum of pollers; none are added or removed under load',
  "a mapping's own metrics and logs, and a limit of concurrent invocations, are not imitated",
  'pollers read committed records only; which isolation level Lambda reads with is not documented',
  'a sandbox is not frozen between two invocations',
  'a function is told its own ARN, without the alias that its mapping names',
  'rights, encryption and the network are not imitated',
];
