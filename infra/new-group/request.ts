/**
 * What `npm run new-group -- …` understands. A name has to serve as folder, ledger, stack and part of a group id, and must not be mistaken
 * for another's; whatever it can't be is refused before anything is written.
 */
import type { GroupSpec } from '../../shared/group.ts';
import { parseCommandLine } from '../ops/command-line.ts';
import { OpsError } from '../ops/ops-error.ts';

export interface NewGroup {
  readonly team: string;
  readonly groupId: string;
  /** As CODEOWNERS names them. */
  readonly owner: string;
}

export const USAGE = `npm run new-group -- NAME [options]
  NAME              of the team, its folder and its ledger, like recommendations
  --group-id ID     the Kafka consumer group; fixed once deployed (NAME-service)
  --owner OWNER     who reviews its folder, as GitHub names them (@clickledger/NAME)`;

/** What every ledger, stack or template already calls something. */
const reserved = [
  'advertiser',
  'clickledger',
  'data',
  'dev',
  'group',
  'handler',
  'index',
  'journals',
  'key',
  'ledger',
  'logs',
  'operator',
  'parked',
  'prod',
  'role',
  'rollup',
  'shared',
  'stream',
  'table',
  'test',
  'topic',
];

/** Part of names of resources and paths of parameters. */
const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_LENGTH_MIN = 3;
const NAME_LENGTH_MAX = 31;
/** Lambda takes more characters; MSK's lag metrics do not (Amazon MSK docs: consumer-lag). */
const groupIdPattern = /^[a-zA-Z0-9._-]{1,200}$/;
const ownerPattern = /^(@[A-Za-z0-9][A-Za-z0-9-]*(\/[A-Za-z0-9][\w.-]*)?|[^\s@#]+@[^\s@#]+\.[^\s@#]+)$/;

/** Undefined where help is asked for. */
export function readRequest(
  given: readonly string[],
  groups: Readonly<Record<string, GroupSpec>>,
): NewGroup | undefined {
  const { values, positionals } = understood(given);
  if (values.help) return undefined;
  const [team, ...more] = positionals;
  if (team === undefined || more.length > 0)
    throw new OpsError(`${positionals.length} names are given, allowed is one\n${USAGE}`);
  assertName(team);
  const { 'group-id': groupId = `${team}-service`, owner = `@clickledger/${team}` } = values;
  if (!groupIdPattern.test(groupId))
    throw new OpsError(
      `--group-id is '${groupId}', allowed are 1 to 200 characters of [a-zA-Z0-9._-]: others silence the lag metrics of MSK`,
    );
  if (!ownerPattern.test(owner))
    throw new OpsError(
      `--owner is '${owner}', allowed is a user like @ada, a team like @clickledger/${team} or an address`,
    );
  assertFree({ team, groupId, owner }, groups);
  return { team, groupId, owner };
}

function assertName(team: string): void {
  const allowed = `allowed are ${NAME_LENGTH_MIN} to ${NAME_LENGTH_MAX} characters: small letters and digits, words joined by -, a letter first`;
  if (!namePattern.test(team) || team.length < NAME_LENGTH_MIN || team.length > NAME_LENGTH_MAX)
    throw new OpsError(`the name is '${team}', ${allowed}`);
  if (reserved.includes(team))
    throw new OpsError(
      `the name is '${team}', which is reserved, like ${reserved.join(', ')}: allowed is any other`,
    );
}

function assertFree({ team, groupId }: NewGroup, groups: Readonly<Record<string, GroupSpec>>): void {
  const others = Object.entries(groups);
  if (Object.hasOwn(groups, team))
    throw new OpsError(
      `group '${team}' exists already, as do ${others.map(([name]) => name).join(', ')}: choose another name`,
    );
  for (const [other, { ledger, groupId: taken }] of others) {
    if (ledger === team)
      throw new OpsError(
        `the name is '${team}', which is the ledger of '${other}': each group has one of its own`,
      );
    if (taken === groupId)
      throw new OpsError(
        `the group id '${groupId}' is that of '${other}': two mappings in one group would share its partitions; choose another with --group-id`,
      );
  }
}

function understood(given: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { 'group-id': text, owner: text, help: { type: 'boolean', default: false } } as const;
  return parseCommandLine({ args: [...given], options, allowPositionals: true }, USAGE);
}
