/** What `npm run reachable -- …` understands. */
import { UserError } from '../../terminal/user-error.ts';
import { parseCommandLine } from '../command-line.ts';
import type { Needs } from './check.ts';
import { ANYWHERE, within } from './network.ts';

export interface ReachableRequest extends Needs {
  /** A synthesized template, or what stands on AWS. */
  readonly of:
    | { readonly template: string }
    | { readonly subnets: readonly string[]; readonly groups: readonly string[] };
  /** Clients of the brokers, whose way there is checked instead of the pollers'. */
  readonly from: readonly From[];
  readonly json: boolean;
}

export type From = { readonly cidr: string } | { readonly group: string } | { readonly subnet: string };

export const USAGE = `npm run reachable -- --template FILE | --subnets ID,ID,… --security-groups ID,…  [options]
  --template FILE          a synthesized template with a cluster and its VPC, like cdk.out/clickledger-dev-stream.template.json
  --subnets ID,…           of a cluster that stands: its client subnets, with the usual AWS_REGION and credentials
  --security-groups ID,…   of that cluster
  --pollers MODE           provisioned or on-demand (provisioned)
  --port N                 of the brokers: 9098 IAM, 9096 SCRAM, 9094 TLS, 9092 plain text (9098)
  --secret                 the mapping signs in with a secret
  --destination NAME,…     services that failures go to: s3, sqs, sns
  --from CIDR|ID,…         also whether clients can reach the brokers: their range (10.60.0.0/20), security group (sg-…), or
                           subnets of this account (subnet-…), whose own routes are then checked too
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
  if (mode === undefined) throw new UserError(`--pollers is '${pollers}', allowed are ${MODES.join(', ')}`);
  if (!PORTS.includes(port)) throw new UserError(`--port is '${port}', allowed are ${PORTS.join(', ')}`);
  const destinations = destination === '' ? [] : destination.split(',');
  const unknown = destinations.find((name) => !DESTINATIONS.includes(name));
  if (unknown !== undefined)
    throw new UserError(`--destination names '${unknown}', allowed are ${DESTINATIONS.join(', ')}`);
  const of = subjectOf(values);
  const from = (values.from ?? '')
    .split(',')
    .filter((each) => each !== '')
    .map((each) => fromOf(each.trim()));
  if ('template' in of && from.some((each) => 'subnet' in each))
    throw new UserError(
      '--from has a subnet, which a template knows nothing of: give its range, or check what is deployed',
    );
  return { of, pollers: mode, port: Number(port), secret, destinations, from, json };
}

function fromOf(given: string): From {
  if (/^sg-[0-9a-f]{8,17}$/.test(given)) return { group: given };
  if (/^subnet-[0-9a-f]{8,17}$/.test(given)) return { subnet: given };
  if (within(given, ANYWHERE)) return { cidr: given };
  throw new UserError(
    `--from has '${given}', allowed are a range like 10.60.0.0/20, a security group or a subnet by id, joined by commas`,
  );
}

function subjectOf(values: {
  template?: string;
  subnets?: string;
  'security-groups'?: string;
}): ReachableRequest['of'] {
  const { template, subnets, 'security-groups': groups } = values;
  if (template !== undefined) {
    if (subnets !== undefined || groups !== undefined)
      throw new UserError(
        '--template is given with --subnets or --security-groups: allowed is a template, or what stands on AWS',
      );
    return { template };
  }
  if (subnets === undefined || groups === undefined)
    throw new UserError(`nothing to look at: give --template, or --subnets with --security-groups\n${USAGE}`);
  return { subnets: idsOf('subnets', subnets, 'subnet'), groups: idsOf('security-groups', groups, 'sg') };
}

function idsOf(option: string, given: string, prefix: string): string[] {
  const ids = given.split(',').map((id) => id.trim());
  const wrong = ids.find((id) => !new RegExp(`^${prefix}-[0-9a-f]{8,17}$`).test(id));
  if (wrong !== undefined)
    throw new UserError(
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
    from: text,
    json: flag,
    help: flag,
  } as const;
  return parseCommandLine({ args: [...given], options }, USAGE).values;
}
