/** Cuts the newest batches off a partition's log on disk, as an unclean election does. The broker must be down. */
import { readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the offset at which the log ends now: about half of it is left. */
export function cutTail(dataFolder: string, partition: string): number {
  const folder = readdirSync(dataFolder, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith(partition),
  );
  const logFolder = join(dataFolder, folder ?? partition);
  const [segment = ''] = readdirSync(logFolder).filter((name) => name.endsWith('.log'));
  const bytes = readFileSync(join(logFolder, segment));
  let at = 0;
  let end = 0;
  // A batch begins with its base offset and its length; its last offset delta stands at byte 23 (Kafka docs: message format).
  while (at < bytes.length / 2) {
    end = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1;
    at += 12 + bytes.readInt32BE(at + 8);
  }
  truncateSync(join(logFolder, segment), at);
  for (const name of readdirSync(logFolder))
    if (/index$|snapshot$|checkpoint/.test(name)) rmSync(join(logFolder, name));
  for (const name of readdirSync(join(logFolder, '..')))
    if (/\.kafka_cleanshutdown$|recovery-point|replication-offset|log-start-offset/.test(name))
      rmSync(join(logFolder, '..', name));
  return end;
}
