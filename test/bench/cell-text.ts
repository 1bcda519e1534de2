/** Figures as people read them. */
import type { Cell } from './bench-section.ts';

export function textOf(cell: Cell | undefined): string {
  if (typeof cell === 'number') return figure(cell);
  if (typeof cell === 'object') return `${figure(cell.median)} (${figure(cell.p10)} to ${figure(cell.p90)})`;
  return cell ?? '';
}

/** Three significant digits; large ones whole, with separators. */
function figure(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
