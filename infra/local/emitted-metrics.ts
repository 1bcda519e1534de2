/**
 * Sums the metrics that functions write to standard output in the embedded metric format (Amazon CloudWatch docs:
 * CloudWatch_Embedded_Metric_Format_Specification), as CloudWatch does. All other lines are logs.
 */

export class EmittedMetrics {
  readonly #sums = new Map<string, number>();

  /** Takes a line of output; returns whether it held metrics. Never throws, because a function may print anything. */
  take(line: string): boolean {
    if (!line.startsWith('{') || !line.includes('"_aws"')) return false;
    let embedded: unknown;
    try {
      embedded = JSON.parse(line);
    } catch {
      return false; // A killed process may leave half a line.
    }
    const names = metricNames(embedded);
    for (const name of names) {
      const values = [field(embedded, name)].flat().filter((value) => typeof value === 'number');
      this.#sums.set(
        name,
        values.reduce((sum, value) => sum + value, this.sum(name)),
      );
    }
    return names.length > 0;
  }

  sum(name: string): number {
    return this.#sums.get(name) ?? 0;
  }
}

/** `{ "_aws": { "CloudWatchMetrics": [ { "Metrics": [ { "Name": … } ] } ] } }`; none if the line has another shape. */
function metricNames(embedded: unknown): string[] {
  return list(field(field(embedded, '_aws'), 'CloudWatchMetrics'))
    .flatMap((directive) => list(field(directive, 'Metrics')))
    .map((metric) => field(metric, 'Name'))
    .filter((name) => typeof name === 'string');
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
