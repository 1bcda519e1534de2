/** The runbook: one page per alarm, none without one, and commands that exist. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { groups } from '../../functions/index.ts';
import { defaultSlo, defaultThresholds, groupAlarms, streamAlarms } from '../../shared/alarm-spec.ts';
import { failures } from '../../shared/errors.ts';
import { metrics } from '../../shared/metrics.ts';
import { askingForAll, resourcesOf, templatesOf } from '../infra/aws/templates.ts';
import { shellBlocks } from './shell-commands.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'docs/runbook');
const headings = ['What it means', 'How to look', 'What to do', 'When it is over'];
const INDEX = 'README.md';

function page(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

/** Of the same form, and no failure: a setting, and a reason for parking. */
const elsewhere = ['batch.records', 'fold.threw'];

const pages = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== INDEX);

function sectionsOf(text: string): Map<string, string> {
  const [, ...parts] = text.split(/^## /m);
  return new Map(
    parts.map((part) => {
      const [heading = '', ...lines] = part.split('\n');
      return [heading, lines.join('\n').trim()];
    }),
  );
}

/** Commands in blocks for the shell, those that go on over a line joined. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').trim().split('\n'),
  );
}

/** In words, what is wrong with a page. */
function faultsOf(file: string, text: string): string[] {
  const sections = sectionsOf(text);
  const faults: string[] = [];
  if (!text.startsWith(`# ${file.replace(/\.md$/, '')}\n`))
    faults.push('its title is not the name of its alarm');
  if ([...sections.keys()].join() !== headings.join())
    faults.push(`its headings are ${[...sections.keys()]}`);
  for (const [heading, body] of sections) if (body.length < 20) faults.push(`'${heading}' says nothing`);
  const commands = commandsIn(sections.get('How to look') ?? '');
  if (commands.length === 0) faults.push('it has no command to look with');
  for (const command of commands)
    if (
      !/^(QUERY_ID=\$\()?(aws [a-z0-9]+ [a-z0-9-]+|npx clickledger [a-z-]+|operate [a-z]+)( |$)/.test(command)
    )
      faults.push(`what is '${command}'`);
  if (!/^Local runtime: .*`\.clickledger\//m.test(sections.get('How to look') ?? ''))
    faults.push('it does not say where the local runtime keeps the same log');
  if (/Deploy the (group's |stream's )?stack|deploy the group's stack again/.test(text))
    faults.push('a deployment brings nothing back: it has to point to what was changed by hand');
  return faults;
}

describe('runbook', () => {
  it('every alarm has its page, and every page its alarm', () => {
    assert.deepEqual(pages.sort(), [...groupAlarms, ...streamAlarms].map((name) => `${name}.md`).sort());
  });

  it('every page says what it means, how to look, what to do and when it is over, by commands that exist', () => {
    for (const file of pages) assert.deepEqual(faultsOf(file, page(file)), [], file);
  });

  it('a page without a command, with one that does not exist, or with a section left empty is found out', () => {
    const right = page('slo-fast-burn.md');

    assert.deepEqual(faultsOf('other.md', right), ['its title is not the name of its alarm']);
    assert.equal(faultsOf('slo-fast-burn.md', right.replace(/```sh.*?```/s, '')).length, 1);
    assert.match(
      faultsOf('slo-fast-burn.md', right.replace(/^Local runtime: .*$/m, ''))[0]!,
      /^it does not say where the local runtime/,
    );
    assert.match(
      faultsOf(
        'slo-fast-burn.md',
        right.replace('\n\n## When', " Deploy the group's stack again.\n\n## When"),
      )[0]!,
      /^a deployment brings nothing back/,
    );
    assert.ok(
      faultsOf('slo-fast-burn.md', right.replace(/(## What to do\n\n).*?\n\n##/s, '$1.\n\n##')).length >= 1,
    );
  });

  it('an operator types the same words for AWS and for the local runtime, whichever the shell', () => {
    const [, , onAws = '', locally = ''] = shellBlocks(page(INDEX));
    const names =
      'export KAFKA=b-1:9098,b-2:9098 TOPIC=t GROUP=g TABLE=tab HANDLER=h REDRIVE_ROLE=r TEAM=billing';
    const typed = (shell: string, block: string, words: string) =>
      execFileSync(
        shell,
        [
          '-c',
          `aws() { printf '%s|' "$@"; }; npx() { aws "$@"; }; ${names}\n${block}\nOPERATOR=i-1; echo; operate ${words}`,
        ],
        { encoding: 'utf8' },
      )
        .trim()
        .split('\n')
        .at(-1);

    for (const shell of ['sh', 'bash']) {
      const command =
        'clickledger redrive --kafka b-1:9098,b-2:9098 --iam --topic t --group g --table tab --function h --redrive-role r';
      assert.equal(
        typed(shell, onAws, 'redrive --gaps --reason "two words"'),
        `ssm|start-session|--target|i-1|--document-name|AWS-StartInteractiveCommand|--parameters|{"command":["${command} '--gaps' '--reason' 'two words'"]}|`,
      );
      assert.match(typed(shell, onAws, 'audit')!, /"clickledger audit --kafka [^"]* --table tab"\]/);
      assert.equal(
        typed(shell, locally, 'redrive --gaps --apply'),
        'clickledger|redrive|--ledger|billing|--gaps|--apply|',
      );
    }
  });

  it("each name that the pages take from a stack is that of one resource, in any team's stack, whatever the stage asks for", () => {
    const asked = Array.from(page(INDEX).matchAll(/of_stack (AWS::\w+::\w+) (\w+)/g));
    assert.ok(asked.length > 5);
    for (const stage of ['dev', 'prod'] as const) {
      const templates = templatesOf(stage, groups, undefined, {}, askingForAll(stage));
      for (const [team, { retry }] of Object.entries(groups))
        for (const [, type = '', start = ''] of asked) {
          const ids = resourcesOf(templates.get(`clickledger-${stage}-${team}`)!, type).map(([id]) => id);
          const count = type === 'AWS::S3::Bucket' && retry.until === 'done' ? 0 : 1;
          const found = ids.filter((id) => id.startsWith(start));
          assert.equal(found.length, count, `${stage} ${team}: ${type} ${start}`);
        }
    }
  });

  it('the index lists every page with a severity', () => {
    const listed = [...page(INDEX).matchAll(/^\| \[([\w-]+)\]\(\1\.md\) \| (?:page|ticket|notice) \|$/gm)];

    assert.deepEqual(
      listed.map(([, name]) => name),
      [...groupAlarms, ...streamAlarms],
    );
  });

  it('what pages name of the code exists: thresholds, metrics, failure codes', () => {
    const all = pages.map(page).join('\n');
    for (const name of [
      ...Object.keys(defaultThresholds),
      ...Object.keys(defaultSlo).map((key) => `slo.${key}`),
    ])
      assert.ok(all.includes(`\`${name}\``), `${name} is nowhere`);
    for (const [, name = ''] of all.matchAll(/`((?:Rollup|Open|Partitions|Record|Log)[A-Z]\w+)`/g))
      assert.ok(name in metrics || name === 'LogAppendTime', name);
    for (const [, code = ''] of all.matchAll(
      /`((?:log|journal|batch|fold|entry|money|table|config|event)\.[a-z]+)`/g,
    ))
      assert.ok(code in failures || elsewhere.includes(code), code);
  });

  it('a halted partition finds its code, whichever it is', () => {
    const text = page('partition-halted.md');
    const byPerson = Object.entries(failures).filter(([, { remedy }]) => remedy === 'person');
    for (const [code] of byPerson) assert.ok(text.includes(`\`${code}\``), code);
  });
});
