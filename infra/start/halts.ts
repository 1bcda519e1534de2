/** What `npm start` says when a group's partitions halt: once for each group and cause, since they fail again and again. */

export interface Halted {
  readonly groupId: string;
  /** Failed deliveries, as the function's metrics count them. */
  readonly mismatches: number;
  readonly halts: number;
}

export class Halts {
  readonly #said = new Set<string>();

  news(groups: readonly Halted[]): string[] {
    return groups.flatMap(({ groupId, mismatches, halts }) => [
      ...this.#once(
        mismatches > 0,
        `${groupId} meets another log than the one it has counted (LogMismatch): these partitions wait, and nothing of them is counted or passed over; docs/runbook/partition-halted.md says what to do`,
      ),
      ...this.#once(
        halts > 0,
        `${groupId} has partitions that wait for a person (PartitionsHalted): its log under the folder's logs says why`,
      ),
    ]);
  }

  #once(is: boolean, sentence: string): string[] {
    if (!is || this.#said.has(sentence)) return [];
    this.#said.add(sentence);
    return [sentence];
  }
}
