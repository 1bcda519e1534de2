/**
 * Metrics that functions write to their standard output in the embedded metric format (Amazon CloudWatch docs:
 * CloudWatch_Embedded_Metric_Format_Specification), added up as CloudWatch would; all other lines are logs.
 */

interface EmbeddedMetrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly { readonly Metrics: readonly { readonly Name: string }[] }[];
  };
  readonly [name: string]: unknown;
}

export class EmittedMetrics {
  readonly #sums = new Map<string, number>();

  /** Takes a line of output; tells whether it held metrics. */
  take(line: string): boolean {
    if (!line.startsWith('{') || !line.includes('"_aws"')) return false;
    let embedded: EmbeddedMetrics;
    try {
      embedded = JSON.parse(line) as EmbeddedMetrics;
    } catch {
      return false; // A process that is killed may leave half a line.
    }
    for (const { Metrics } of embedded._aws.CloudWatchMetrics) {
      for (const { Name } of Metrics) {
        const values = [embedded[Name]].flat().filter((value) => typeof value === 'number');
        this.#sums.set(
          Name,
          values.reduce((sum, value) => sum + value, this.sum(Name)),
        );
      }
    }
    return true;
  }

  sum(name: string): number {
    return this.#sums.get(name) ?? 0;
  }
}
