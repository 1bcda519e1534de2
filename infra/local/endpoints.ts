/**
 * Reads the addresses of the user's own Kafka and DynamoDB from the environment. Refuses with all faults at once.
 *
 *   CLICKLEDGER_KAFKA      host:port[,host:port…]   instead of the broker that the local runtime starts
 *   CLICKLEDGER_DYNAMODB   http://host:port         instead of DynamoDB Local; region and credentials as for any AWS tool:
 *                                                   AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
 */
import { UserError } from '../terminal/user-error.ts';
import type { EndpointAccess } from './endpoint-access.ts';

export interface OwnEndpoints {
  readonly kafka: readonly string[] | undefined;
  readonly dynamodb: EndpointAccess | undefined;
}

export function readOwnEndpoints(environment: Readonly<Record<string, string | undefined>>): OwnEndpoints {
  const faults: string[] = [];
  const kafka = environment['CLICKLEDGER_KAFKA']?.split(',').map((address) => address.trim());
  for (const address of kafka ?? []) {
    const [, port] = /^[\w.-]+:(\d{1,5})$/.exec(address) ?? [];
    if (port === undefined || Number(port) < 1 || Number(port) > 65_535)
      faults.push(`CLICKLEDGER_KAFKA has '${address}', allowed is host:port, several joined by commas`);
  }
  const endpoint = environment['CLICKLEDGER_DYNAMODB'];
  if (endpoint !== undefined && !isHttpUrl(endpoint))
    faults.push(`CLICKLEDGER_DYNAMODB is '${endpoint}', allowed is http://host:port or https://host`);
  const needed = endpoint === undefined ? [] : ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  for (const name of needed)
    if (!environment[name]) faults.push(`${name} is not set, and CLICKLEDGER_DYNAMODB needs it`);
  if (faults.length > 0) throw new UserError(faults.join('; '));
  const [region = '', accessKeyId = '', secretAccessKey = ''] = needed.map((name) => environment[name]);
  return {
    kafka,
    dynamodb: endpoint === undefined ? undefined : { endpoint, region, accessKeyId, secretAccessKey },
  };
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && /^\/?$/.test(url.pathname);
}
