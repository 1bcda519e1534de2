/** A ledger on the simulated table and the log it was made from, as the auditor reads both. */
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { type AuditWishes, auditLedger } from '../../../infra/audit/audit-ledger.ts';
import type { Findings } from '../../../infra/audit/findings.ts';
import type { AuditedLog, LogRecord } from '../../../infra/kafka/topic-log.ts';

import type { KafkaRecord } from '../../../shared/event/event.ts';
import type { Item } from '../../../shared/journal/journal-items.ts';
import type { MemoryLedger } from '../../support/memory-ledger.ts';
import type { Command } from '../../support/simulated-table.ts';

interface LogSight {
  readonly committed: readonly (number | undefined)[];
  /** By partition: records before it have left the log. */
  readonly starts?: readonly number[];
  readonly records: readonly KafkaRecord[];
}

export function audit(ledger: MemoryLedger, sight: LogSight, wishes: AuditWishes = {}): Promise<Findings> {
  async function send(command: Command | ScanCommand): Promise<unknown> {
    if (command instanceof ScanCommand) return { Items: itemsOf(ledger) };
    return ledger.memory.execute(command);
  }
  const access = { table: 'ledger', client: { send } as never };
  return auditLedger(access, logOf(sight), 'ad_clicks', wishes);
}

function itemsOf({ memory }: MemoryLedger): Item[] {
  return [...memory.items.values()].flatMap((items) => [...items.values()]);
}

function logOf({ committed, starts = [], records }: LogSight): AuditedLog {
  const startOf = (partition: number) => starts[partition] ?? 0;
  const of = (partition: number) =>
    records.filter((record) => record.partition === partition && record.offset >= startOf(partition));
  return {
    committed: async () => [...committed],
    bounds: async () =>
      committed.map((_, partition) => ({
        start: startOf(partition),
        end: (of(partition).at(-1)?.offset ?? startOf(partition) - 1) + 1,
      })),
    async *records(partition) {
      for (const record of of(partition)) yield logRecord(record);
    },
  };
}

function logRecord({ offset, timestamp, key, value }: KafkaRecord): LogRecord {
  const bytes = (text: string | null | undefined) => (text == null ? null : Buffer.from(text, 'base64'));
  return { offset, time: timestamp, key: bytes(key), value: bytes(value) };
}
