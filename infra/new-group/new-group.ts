/**
 * `npm run new-group -- recommendations`: another team on the topic. It writes the team's folder and its tests, one line in the
 * registry and one in CODEOWNERS, and nothing else: stacks, the laptop ground, dashboards and audits know groups by the registry.
 */
import { fileURLToPath } from 'node:url';
import { groups } from '../../functions/index.ts';
import { OpsError, runCommand } from '../ops/ops-error.ts';
import { placeAll, type Step } from './placing.ts';
import { type NewGroup, readRequest, USAGE } from './request.ts';
import { teamFiles, teamTests } from './team-files.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function stepsFor(request: NewGroup): readonly Step[] {
  const { team, owner } = request;
  const key = team.includes('-') ? `'${team}'` : team;
  return [
    { folder: `functions/${team}`, files: teamFiles(request) },
    { folder: `test/functions/${team}`, files: teamTests(request) },
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
  npm run statement -- --ledger ${team} --advertiser adv-7 --exact
  npx cdk deploy clickledger-dev-${team}               once functions/${team}/group.ts says what you mean`;
}

if (import.meta.main) {
  await runCommand(async () => {
    const request = readRequest(process.argv.slice(2), groups);
    if (request === undefined) return console.log(USAGE);
    try {
      placeAll(ROOT, stepsFor(request));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        throw new OpsError(`${ROOT} is no whole checkout: ${error.message}`, error);
      throw error;
    }
    console.log(nextSteps(request));
  });
}
