/**
 * A rule of the table in group-rules.ts: what it checks, and what it says when it is broken. Every refusal has the same four parts: what
 * was given, what is allowed, why (with the page that documents it), and the rule's id.
 */
import type { DeployedMapping } from '../deployed.ts';
import type { GivenGroup } from '../group-shape.ts';

/** What a rule may read. */
export interface Subject {
  readonly group: GivenGroup;
  /** `reference` is the ARN as the template has it. */
  readonly cluster: { readonly arn: string; readonly name: string; readonly reference: unknown };
  readonly topic: TopicOfGroup;
  /** Whether the destination refers to a FIFO queue or topic of the same app. */
  readonly fifoDestination: boolean;
  /** What the committed record says of the deployed mapping. */
  readonly deployed: DeployedMapping | undefined;
}

/** What is known of a group's topic. */
export interface TopicOfGroup {
  readonly partitions: number;
  /** How long the topic keeps a record. */
  readonly retentionHours: number;
  /**
   * Who stamps the records: the broker (`message.timestamp.type=LogAppendTime`), the default, or producers. A group on a topic of the
   * broker's times refuses records that a producer has stamped.
   */
  readonly timestamps?: 'broker' | 'producer';
  /**
   * With producers' times: how far ahead of the clock one may be, in seconds, 0..604 800; 3 600 by default. Records further ahead are
   * parked.
   */
  readonly aheadMaxSeconds?: number;
  /** 1, and one more whenever the topic is recreated; or a token that CloudFormation resolves to it. */
  readonly incarnation: number | string;
  /** With a raised incarnation, whether the topic is `new` or a `copy`; or a token of it. `unsaid` unless given. */
  readonly log?: string;
}

interface Fault {
  readonly given: string;
  readonly allowed: string;
  /** For what can't be had by a plain deployment: how to get there. */
  readonly steps?: readonly string[];
  /** What to do where what the rule rests on is not so. */
  readonly otherwise?: string;
}

export interface Rule {
  readonly id: string;
  /** What AWS documents, with the page; or what of the ledger's own promises it rests on. */
  readonly because: string;
  readonly check: (subject: Subject) => Fault | undefined;
}

export function formatRefusal(rule: Rule, fault: Fault): string {
  const steps = (fault.steps ?? []).map((step, index) => `\n    ${index + 1}. ${step}`);
  const otherwise = fault.otherwise === undefined ? '' : `\n    ${fault.otherwise}`;
  return `${fault.given}; allowed is ${fault.allowed}: ${rule.because} [${rule.id}]${steps.join('')}${otherwise}`;
}

/** A whole number within bounds; a value that was not given breaks nothing. */
export function createRangeRule(
  id: string,
  property: string,
  [min, max]: readonly [number, number],
  because: string,
  ofSubject: (subject: Subject) => number | undefined,
): Rule {
  return {
    id,
    because,
    check: (subject) => {
      const value = ofSubject(subject);
      if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return undefined;
      return { given: `${property} is ${value}`, allowed: `a whole number from ${min} to ${max}` };
    },
  };
}

export function createPatternRule(
  id: string,
  property: string,
  pattern: RegExp,
  because: string,
  ofSubject: (subject: Subject) => string,
): Rule {
  return {
    id,
    because,
    check: (subject) => {
      const value = ofSubject(subject);
      return pattern.test(value)
        ? undefined
        : { given: `${property} is '${value}'`, allowed: pattern.source };
    },
  };
}

export function isProvisioned({ pollers }: GivenGroup): boolean {
  return pollers.mode === undefined;
}
