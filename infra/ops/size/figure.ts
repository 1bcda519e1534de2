/** A result of the planner: a number, and the formula that it came from, so that anybody can check it by hand. */

export interface Figure {
  readonly value: number;
  readonly unit: string;
  /** The formula with its numbers in it. */
  readonly because: string;
}

export function buildFigure(value: number, unit: string, because: string): Figure {
  return { value, unit, because };
}

/** At most four significant digits, thousands apart: 33,000, 9.372, 0.00124. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return 'without end';
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(4)));
}

export function formatUsd(value: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

export function formatPercent(share: number): string {
  return `${formatNumber(share * 100)} %`;
}
