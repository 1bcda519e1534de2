/**
 * How an operator's command reaches Kafka: without encryption on the local runtime, and on Amazon MSK over TLS with a token signed by IAM
 * (SASL/OAUTHBEARER; Amazon MSK docs: iam-access-control). Every client of a command uses this.
 */

import type { BaseOptions } from '@platformatic/kafka';
import { UserError } from '../terminal/user-error.ts';

export type KafkaAccess = Pick<BaseOptions, 'bootstrapBrokers' | 'sasl' | 'tls' | 'tlsServerName'> & {
  readonly bootstrapBrokers: string[];
};

export interface KafkaChoice {
  /** `host:port`, several joined by commas. */
  readonly kafka: string;
  /** Whether the brokers ask for IAM, as MSK's do at port 9098. */
  readonly iam: boolean;
  /** Of the cluster; that of the environment if it is not given. */
  readonly region: string | undefined;
}

type TokenOf = (region: string) => Promise<string>;

/** Throws `UserError` on impossible addresses of brokers, or where no region is known. */
export function createKafkaAccess(
  { kafka, iam, region }: KafkaChoice,
  tokenOf: TokenOf = signedToken,
): KafkaAccess {
  const bootstrapBrokers = kafka.split(',').map((broker) => broker.trim());
  for (const broker of bootstrapBrokers)
    if (!isBroker(broker))
      throw new UserError(`--kafka has '${broker}', allowed is host:port, several joined by commas`);
  if (!iam) return { bootstrapBrokers };
  const signedFor = region ?? process.env['AWS_REGION'];
  if (signedFor === undefined || !/^[a-z]{2,}(-[a-z]+)+-\d$/.test(signedFor))
    throw new UserError(
      `--iam needs the cluster's region, given is ${signedFor === undefined ? 'none' : `'${signedFor}'`}: name one like eu-west-1 with --region or AWS_REGION`,
    );
  return {
    bootstrapBrokers,
    tls: {},
    tlsServerName: true,
    // Asked for at each connection, and again before a session ends, so no token is ever used when it has run out.
    sasl: { mechanism: 'OAUTHBEARER', token: () => tokenOf(signedFor) },
  };
}

function isBroker(text: string): boolean {
  const port = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:(\d{1,5})$/.exec(text)?.[2];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

/** A URL of `kafka-cluster:Connect`, signed with the credentials that AWS tools find. The signer is loaded only where it is used. */
async function signedToken(region: string): Promise<string> {
  const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js');
  return (await generateAuthToken({ region })).token;
}
