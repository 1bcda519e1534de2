/**
 * What a new group may be called. A name has to serve as folder, ledger, stack and part of a group id, and must not be mistaken
 * for another's; whatever it can't be is refused before anything is written.
 */

import { InvalidArgumentError } from 'commander';
import type { GroupSpec } from '../../../shared/group.ts';
import { UserError } from '../../terminal/user-error.ts';

export interface NewGroup {
  readonly team: string;
  readonly groupId: string;
  /** As CODEOWNERS names them. */
  readonly owner: string;
}

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
export const groupIdAllowed = /^[a-zA-Z0-9._-]{1,200}$/;
export const ownerAllowed =
  /^(@[A-Za-z0-9][A-Za-z0-9-]*(\/[A-Za-z0-9][\w.-]*)?|[^\s@#]+@[^\s@#]+\.[^\s@#]+)$/;

/** The name itself, if it can be one. */
export function parseTeam(team: string): string {
  const allowed = `are ${NAME_LENGTH_MIN} to ${NAME_LENGTH_MAX} characters: small letters and digits, words joined by -, a letter first`;
  if (!namePattern.test(team) || team.length < NAME_LENGTH_MIN || team.length > NAME_LENGTH_MAX)
    throw new InvalidArgumentError(`Allowed ${allowed}.`);
  if (reserved.includes(team))
    throw new InvalidArgumentError(`It is reserved, like ${reserved.join(', ')}. Allowed is any other.`);
  return team;
}

/** Throws `UserError` where another group has the name, the ledger or the group id. */
export function assertFree({ team, groupId }: NewGroup, groups: Readonly<Record<string, GroupSpec>>): void {
  const others = Object.entries(groups);
  if (Object.hasOwn(groups, team))
    throw new UserError(
      `group '${team}' exists already, as do ${others.map(([name]) => name).join(', ')}: choose another name`,
    );
  for (const [other, { ledger, groupId: taken }] of others) {
    if (ledger === team)
      throw new UserError(
        `the name is '${team}', which is the ledger of '${other}': each group has one of its own`,
      );
    if (taken === groupId)
      throw new UserError(
        `the group id '${groupId}' is that of '${other}': two mappings in one group would share its partitions; choose another with --group-id`,
      );
  }
}
