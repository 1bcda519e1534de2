/**
 * Another team on the topic. It writes the team's folder and its tests, one line in the
 * registry and one in CODEOWNERS, and nothing else: stacks, the laptop ground, dashboards and audits know groups by the registry.
 */
import { fileURLToPath } from 'node:url';
import { UserError } from '../../terminal/user-error.ts';
import { type Step, writeAll } from './placing.ts';
import type { NewGroup } from './request.ts';
import { buildTeamFiles, buildTeamTests } from './team-files.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

function stepsFor(request: NewGroup): readonly Step[] {
  const { team, owner } = request;
  const key = team.includes('-') ? `'${team}'` : team;
  return [
    { folder: `functions/${team}`, files: buildTeamFiles(request) },
    { folder: `test/functions/${team}`, files: buildTeamTests(request) },
    { file: '.github/CODEOWNERS', line: `**/functions/${team}/ ${owner}` },
    {
      file: 'functions/index.ts',
      line: `  ${key}: (await import('./${team}/group.ts')).group,`,
      before: '};',
    },
  ];
}

function nextSteps({ team, groupId }: NewGroup): string {
  return `Written: functions/${team}, test/functions/${team}, a line in functions/index.ts and one in .github/CODEOWNERS.
  npm exec -- node --test "test/functions/${team}/*.test.ts"     its own tests
  npm start                                            all groups on this machine, ${groupId} among them
  npx clickledger statement --ledger ${team} --advertiser adv-7 --exact
  npx cdk deploy clickledger-dev-${team}               once functions/${team}/group.ts says what you mean`;
}

/** Writes the group into the checkout, whole or not at all, and returns what to do next. */
export function writeNewGroup(request: NewGroup): string {
  try {
    writeAll(ROOT, stepsFor(request));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new UserError(`${ROOT} is no whole checkout: ${error.message}`, error);
    throw error;
  }
  return nextSteps(request);
}
