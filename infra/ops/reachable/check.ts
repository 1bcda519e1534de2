/** What is asked of a network, and one answer of many. */

export interface Needs {
  /** 9098 for IAM, 9096 for SCRAM, 9094 for TLS, 9092 for plain text (Amazon MSK docs: port-info). */
  readonly port: number;
  readonly pollers: 'provisioned' | 'on-demand';
  /** Whether the mapping signs in with a secret. */
  readonly secret: boolean;
  /** Services of failure destinations. */
  readonly destinations: readonly string[];
}

export interface Check {
  readonly name: string;
  /** `warn`: no page says for certain. */
  readonly verdict: 'pass' | 'warn' | 'fail';
  readonly found: string;
  /** The page that it rests on. */
  readonly rule: string;
  /** What to do; '' where nothing is. */
  readonly todo: string;
}

export const NETWORK_PAGE = 'AWS Lambda docs: with-msk-cluster-network';
