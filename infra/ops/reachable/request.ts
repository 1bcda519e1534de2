/** What `npm run reachable -- …` understands. */
import { parseCommandLine } from '../command-line.ts';
import { OpsError } from '../ops-error.ts';
import type { Needs } from './check.ts';

export interface ReachableRequest extends Needs {
  /** A synthesized template, or what stands on AWS. */
  readonly of:
    | { readonly template: string }
    | { readonly subnets: readonly string[]; readonly groups: readonly string[] };
  readonly json: boolean;
}

export const USAGE = `npm run reachable -- --template FILE | --subnets ID,ID,… --security-groups ID,…  [options]
  --template FILE          a synthesized template with a cluster and its VPC, like cdk.out/clickledger-dev-stream.template.json
  --subnets ID,…           of a cluster that stands: its client subnets, with the usual AWS_REGION and credentials
  --security-groups ID,…   of that cluster
  --pollers MODE           provisioned or on-demand (provisioned)
  --port N                 of the brokers: 9098 IAM, 9096 SCRAM, 9094 TLS, 9092 plain text (9098)
  --secret                 the mapping signs in with a secret
  --destination NAME,…     services that failures go to: s3, sqs, sns
  --json                   one object for programs
Exit code 0: all pass; 1: something fails; 2: could not tell. It only reads.`;

const PORTS = ['9098', '9096', '9094', '9092'];
const MODES = ['provisioned', 'on-demand'] as const;
const DESTINATIONS = ['s3', 'sqs', 'sns'];

/** Undefined where help is asked for. */
export function readReachableRequest(given: readonly string[]): ReachableRequest | undefined {
  const values = understood(given);
  if (values.help) return undefined;
  const { port = '9098', pollers = 'provisioned', destination = '', secret, json } = values;
  const mode = MODES.find((one) => one === pollers);
  if (mode === undefined) throw new OpsError(`--pollers is '${pollers}', allowed are ${MODES.join(', ')}`);
  if (!PORTS.includes(port)) throw new OpsError(`--port is '${port}', allowed are ${PORTS.join(', ')}`);
  const destinations = destination === '' ? [] : destination.split(',');
  const unknown = destinations.find((name) => !DESTINATIONS.includes(name));
  if (unknown !== undefined)
    throw new OpsError(`--destination names '${unknown}', allowed are ${DESTINATIONS.join(', ')}`);
  return { of: subjectOf(values), pollers: mode, port: Number(port), secret, destinations, json };
}

function subjectOf(values: {
  template?: string;
  subnets?: string;
  'security-groups'?: string;
}): ReachableRequest['of'] {
  const { template, subnets, 'security-groups': groups } = values;
  if (template !== undefined) {
    if (subnets !== undefined || groups !== undefined)
      throw new OpsError(
        '--template is given with --subnets or --security-groups: allowed is a template, or what stands on AWS',
      );
    return { template };
  }
  if (subnets === undefined || groups === undefined)
    throw new OpsError(`nothing to look at: give --template, or --subnets with --security-groups\n${USAGE}`);
  return { subnets: idsOf('subnets', subnets, 'subnet'), groups: idsOf('security-groups', groups, 'sg') };
}

function idsOf(option: string, given: string, prefix: string): string[] {
  const ids = given.split(',').map((id) => id.trim());
  const wrong = ids.find((id) => !new RegExp(`^${prefix}-[0-9a-f]{8,17}$`).test(id));
  if (wrong !== undefined)
    throw new OpsError(
      `--${option} has '${wrong}', allowed are ids like ${prefix}-0123456789abcdef0, joined by commas`,
    );
  return [...new Set(ids)];
}

function understood(given: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    template: text,
    subnets: text,
    'security-groups': text,
    pollers: text,
    port: text,
    secret: flag,
    destination: text,
    json: flag,
    help: flag,
  } as const;
  return parseCommandLine({ args: [...given], options }, USAGE).values;
}
