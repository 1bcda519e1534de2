/** `clickledger new-group recommendations`: writes another team's folder and tests, a line in the registry and one in CODEOWNERS. */
import { groups } from '../../functions/index.ts';
import type { GroupSpec } from '../../shared/group.ts';
import {
  assertFree,
  groupIdAllowed,
  type NewGroup,
  ownerAllowed,
  parseTeam,
  writeNewGroup,
} from '../ops/new-group/new-group.ts';

import { defineCommand } from '../terminal/command.ts';
import { parseMatching } from '../terminal/values.ts';

const groupId = parseMatching(
  groupIdAllowed,
  '1 to 200 characters of [a-zA-Z0-9._-]: others silence the lag metrics of MSK',
);
const owner = parseMatching(ownerAllowed, 'a user like @ada, a team like @clickledger/orders, or an address');

export const newGroup = defineCommand(
  'new-group',
  "Writes another team's group: folder, tests, a line in the registry and one in CODEOWNERS.",
)
  .argument('<name>', 'of the team, its folder and its ledger, like recommendations', parseTeam)
  .option('--group-id <id>', 'the Kafka consumer group, fixed once deployed (NAME-service)', groupId)
  .option('--owner <owner>', 'who reviews its folder, as GitHub names them (@clickledger/NAME)', owner)
  .action((team, values) => console.log(writeNewGroup(readNewGroup(team, values, groups))));

/** Throws `UserError` where another group has the name, the ledger or the group id. */
export function readNewGroup(
  team: string,
  values: ReturnType<typeof newGroup.opts>,
  others: Readonly<Record<string, GroupSpec>>,
): NewGroup {
  const request = {
    team,
    groupId: values.groupId ?? `${team}-service`,
    owner: values.owner ?? `@clickledger/${team}`,
  };
  assertFree(request, others);
  return request;
}
