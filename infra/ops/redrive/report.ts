/** A redrive as people read it, and as programs do. */
import { formatOffsets } from '../../../shared/journal/offsets.ts';
import { formatCount, formatQuantity, formatTable, shortenOffsets } from '../../terminal/text.ts';
import type { Redrive } from './redrive-ledger.ts';
import { countRows, type Row } from './undone.ts';

/** Of a set of offsets; all of it is in the JSON. */

/** 0: nothing is left to do; 1: something is, and is listed. */
export function computeExitCode({ undone, documents }: Redrive): 0 | 1 {
  return undone.length === 0 && (documents?.faulty.length ?? 0) === 0 ? 0 : 1;
}

const DOES: Readonly<Record<Redrive['verb'], string>> = {
  redriven: 'redrives what can be',
  accepted: 'accepts them: they will never count',
  'parked or counted': 'counts the clicks among them and parks the others',
};

export function formatReport(redrive: Redrive): string[] {
  const { ledger, applied, verb, found, undone, documents } = redrive;
  const faulty = (documents?.faulty ?? []).map(({ name, why }) => `document ${name} is left alone: ${why}`);
  if (!applied)
    return [
      ...tableOf(found),
      ...documentLines(redrive),
      ...faulty,
      found.length === 0
        ? `Nothing to redrive in ledger ${ledger}`
        : `DRY RUN  ledger ${ledger}: ${formatQuantity(countRows(found), 'offset')} open; --apply ${DOES[verb]}`,
    ];
  const done = countRows(found) - countRows(undone);
  const open = countRows(undone);
  return [
    ...tableOf(undone),
    ...documentLines(redrive),
    ...faulty,
    open === 0 && found.length === 0
      ? `Nothing to redrive in ledger ${ledger}`
      : `${open === 0 ? 'DONE' : 'OPEN'}  ledger ${ledger}: ${formatQuantity(done, 'offset')} ${verb}, ${formatCount(open)} still open`,
  ];
}

function documentLines({ documents }: Redrive): string[] {
  if (documents === undefined || documents.documents + documents.others === 0) return [];
  const others = documents.others === 0 ? '' : `, ${documents.others} of other functions left alone`;
  return [`${formatQuantity(documents.documents, 'destination document')} read${others}`];
}

function tableOf(rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const head = ['journal', 'what', 'count', 'offsets', 'reason'];
  const cells = rows.map(({ journal, what, reason, offsets }) => [
    journal,
    what,
    String(countRows([{ offsets } as Row])),
    shortenOffsets(formatOffsets(offsets)),
    reason,
  ]);
  return formatTable([head, ...cells], [2]);
}

export function formatReportJson(redrive: Redrive): string {
  const { ledger, applied, found, undone, documents } = redrive;
  const written = (rows: readonly Row[]) =>
    rows.map(({ partition, journal, what, reason, offsets }) => {
      return {
        partition,
        journal,
        what,
        reason,
        count: countRows([{ offsets } as Row]),
        offsets: formatOffsets(offsets),
      };
    });
  return JSON.stringify({
    ledger,
    applied,
    found: written(found),
    undone: written(undone),
    documents: documents && {
      read: documents.documents,
      ofOthers: documents.others,
      faulty: documents.faulty.map(({ name, why }) => ({ name, why })),
    },
  });
}
