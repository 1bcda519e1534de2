/**
 * Every command that a document shows can be typed: our own by their option tables, those of the AWS CLI by its models (aws-commands.json), in a
 * shell that may be sh, bash or zsh, on Linux or macOS.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { commands } from '../../infra/cli/main.ts';
import { helpOf } from '../support/help.ts';
import { root } from '../support/runtime-folder.ts';
import { commandsIn, inlineCommands, shellBlocks } from './shell-commands.ts';

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};
const aws = JSON.parse(readFileSync(join(root, 'test/docs/aws-commands.json'), 'utf8')) as {
  commands: Readonly<Record<string, string>>;
};
const AWS_GLOBAL = ['region', 'profile', 'output', 'query', 'no-cli-pager', 'max-items'];
const CHECKED = ['aws', 'npm', 'npx', 'operate'];
/** Of every POSIX shell or system. */
const PLAIN =
  'ago case cd date echo export for git grep gzip kafka-consumer-groups.sh ledger_at mkdir of_stack openssl set sh shift sleep sort uniq'.split(
    ' ',
  );
const NPM_OWN = ['ci', 'test', 'exec', 'install', 'run', 'start'];

interface Shown {
  readonly words: readonly string[];
  /** Whether it may leave out what does not matter there: a mention in prose, with an ellipsis. */
  readonly mention: boolean;
}

const helps = new Map<string, string>();

/** What a command says of itself, on either stream. Nothing that is asked for help does anything else. */
function help(command: string): Promise<string> {
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`;
  return new Promise((resolve) => {
    execFile(
      'sh',
      ['-c', `${command} --help`],
      { cwd: root, env: { ...process.env, PATH }, timeout: 60_000 },
      (_, stdout, stderr) => resolve(stdout + stderr),
    );
  });
}

/** `npm start`, `npm run name`, `npx clickledger name` and `npx cdk name` by what they are called in `helps`, with what comes after. */
function asked([tool, ...words]: readonly string[]): { of: string; given: readonly string[] } | undefined {
  if (tool === 'operate') return { of: words[0] ?? '', given: words.slice(1) };
  const after = (from: number) => words.slice(words[from] === '--' ? from + 1 : from);
  if (tool === 'npx' && words[0] === 'clickledger') return { of: words[1] ?? 'start', given: words.slice(2) };
  if (tool === 'npx' && words[0] === 'cdk') return { of: `cdk ${words[1]}`, given: words.slice(2) };
  if (tool !== 'npm') return undefined;
  if (words[0] === 'start') return { of: 'start', given: after(1) };
  return words[0] === 'run' ? { of: `npm run ${words[1]}`, given: after(2) } : undefined;
}

function optionsIn(words: readonly string[]): string[] {
  return words.flatMap((word) => (/^--?[a-z]/.test(word) ? [word.split('=')[0] ?? word] : []));
}

/** What our own commands say, by the option tables that they are read with. */
async function ownHelps(): Promise<void> {
  for (const [name, { load }] of Object.entries(commands)) helps.set(name, helpOf(await load()));
}

function ownFaults(of: string, given: readonly string[]): string[] {
  // The body of a shell function, whose callers are checked.
  if (of.startsWith('$')) return [];
  const [, , script = ''] = of.split(' ');
  if (of.startsWith('npm run ')) return scripts[script] === undefined ? [`there is no ${of}`] : [];
  if (!of.startsWith('cdk ') && commands[of] === undefined) return [`there is no clickledger ${of}`];
  const text = helps.get(of) ?? '';
  if (/^cdk (deploy|destroy|drift)$/.test(of) && !given.some((word) => /^(stage=|--app$)/.test(word)))
    return [`${of} has no stage: it needs -c stage=…, or the stacks of dev are meant`];
  const known = (option: string) => new RegExp(`(^|[\\s,[(|])${option}(?![\\w-])`, 'm').test(text);
  return optionsIn(given)
    .filter((option) => option !== '--help' && !known(option))
    .map((option) => `${of} has no option ${option}`);
}

function awsFaults([service = '', operation = '', ...rest]: readonly string[], mention: boolean): string[] {
  const name = operation === 'wait' ? `${service} wait ${rest[0]}` : `${service} ${operation}`;
  const known = aws.commands[name]?.split(' ');
  if (known === undefined)
    return [`aws ${name} is not in aws-commands.json: test/docs/aws-commands.py adds what the AWS CLI has`];
  const given = optionsIn(rest).map((option) => option.replace(/^--/, ''));
  const unknown = given.filter(
    (option) => ![...AWS_GLOBAL, ...known.map((each) => each.replace('*', ''))].includes(option),
  );
  const lacking = known.filter(
    (each) =>
      each.startsWith('*') && !given.includes(each.slice(1)) && !given.includes(`no-${each.slice(1)}`),
  );
  return [
    ...unknown.map((option) => `aws ${name} has no option --${option}`),
    ...(mention ? [] : lacking.map((each) => `aws ${name} needs --${each.slice(1)}`)),
  ];
}

function faultsOf({ words, mention }: Shown): string[] {
  const [tool = '', ...rest] = words;
  if (!mention && words.some((word) => word.includes('…'))) return [`${words.join(' ')} is not complete`];
  if (tool === 'aws') return awsFaults(rest, mention);
  const own = asked(words);
  if (own !== undefined) return ownFaults(own.of, own.given);
  if (tool === 'npm') return NPM_OWN.includes(rest[0] ?? '') ? [] : [`what is npm ${rest[0]}`];
  return tool === 'npx' || PLAIN.includes(tool) ? [] : [`what is ${tool}`];
}

/** Options that prose names by themselves, and that no command of the same document has. */
function strayOptions(markdown: string): string[] {
  const known = new Set(
    shownIn(markdown).flatMap(({ words: [tool = '', service = '', operation = ''], words }) => {
      if (tool === 'aws')
        return (aws.commands[`${service} ${operation}`] ?? '')
          .split(' ')
          .map((each) => `--${each.replace('*', '')}`);
      return [...(helps.get(asked(words)?.of ?? '') ?? '').matchAll(/--[a-z][\w-]*/g)].map(
        ([option]) => option,
      );
    }),
  );
  const prose = markdown.replaceAll(/^```.*?^```/gms, '');
  return [...prose.matchAll(/`(--[a-z][^`]*)`/g)]
    .flatMap(([, quoted = '']) => optionsIn(quoted.split(/\s+/)))
    .filter((option) => !known.has(option));
}

function shownIn(markdown: string): Shown[] {
  return [
    ...shellBlocks(markdown).flatMap((block) =>
      commandsIn(block).map(({ words }) => ({ words, mention: false })),
    ),
    ...inlineCommands(markdown, CHECKED).flatMap((quoted) =>
      commandsIn(quoted).map(({ words }) => ({ words, mention: quoted.includes('…') })),
    ),
  ];
}

/** What another shell or system than the writer's would do otherwise. */
function portabilityFaults(block: string): string[] {
  const faults = commandsIn(block).flatMap(({ unquoted }) =>
    unquoted.map((word) => `${word} is not quoted: zsh takes it whole, sh cuts it`),
  );
  if (/\bdate\b.* -d\b/.test(block)) faults.push('date -d is of GNU alone');
  if (/\[\[|<\(|\bfunction \w/.test(block)) faults.push('that is not POSIX');
  try {
    execFileSync('sh', ['-n'], { input: block, stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    faults.push(String((error as { stderr?: unknown }).stderr));
  }
  return faults;
}

const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && !file.startsWith('test/'));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

describe('commands in documents', () => {
  before(async () => {
    const named = new Set(
      documents.flatMap((file) => shownIn(read(file)).flatMap(({ words }) => asked(words)?.of ?? [])),
    );
    await ownHelps();
    const ofCdk = [...named].filter((of) => of.startsWith('cdk '));
    for (let at = 0; at < ofCdk.length; at += 4)
      await Promise.all(ofCdk.slice(at, at + 4).map(async (of) => helps.set(of, await help(of))));
  });

  it('are there to be checked: ours, those of CDK and those of AWS', () => {
    const all = documents.flatMap((file) => shownIn(read(file)));
    const count = (tool: string) => all.filter(({ words }) => words[0] === tool).length;
    assert.ok(count('aws') > 40 && count('npm') > 5 && count('npx') > 40, `${count('aws')} of AWS`);
    for (const [of, text] of helps) assert.match(text, /--[a-z]/, `${of} says nothing of itself`);
  });

  for (const file of documents) {
    it(`${file}: no unknown command or option, none without what it needs`, () => {
      assert.deepEqual(shownIn(read(file)).flatMap(faultsOf), []);
    });
    it(`${file}: blocks for the shell run in any`, () => {
      assert.deepEqual(shellBlocks(read(file)).flatMap(portabilityFaults), []);
    });
  }

  it('an option that a page names alone is one of a command on the same page', () => {
    const pages = documents.filter((file) => !/^(CHANGELOG\.md|docs\/commands\.md|docs\/adr\/)/.test(file));
    assert.ok(pages.length > 25);
    for (const file of pages) assert.deepEqual(strayOptions(read(file)), [], file);
    assert.deepEqual(strayOptions('`operate redrive`: `--from` and `--to-offset 3` choose'), ['--from']);
    assert.deepEqual(strayOptions('`aws s3 ls x`, `--recursive`, `--deep`'), ['--deep']);
  });

  for (const [text, fault] of [
    ['aws kafka describe-cluster-v3 --cluster-arn A', /is not in aws-commands\.json/],
    ['aws kafka describe-cluster-v2 --cluster-arn A --cluster B', /has no option --cluster$/],
    ['aws kafka describe-cluster-v2', /needs --cluster-arn/],
    ['npm run audit', /there is no npm run audit/],
    ['npx clickledger audits', /there is no clickledger audits/],
    ['npx clickledger audit --tables x', /audit has no option --tables/],
    ['operate redrive --aply', /redrive has no option --aply/],
    ['npx cdk destroy clickledger-prod-stream', /cdk destroy has no stage/],
    ['npx cdk deploy X -c stage=dev --revert-drifts', /cdk deploy has no option --revert-drifts/],
    ['npx cdk deploy X -k stage=dev', /cdk deploy has no option -k/],
    ['npm start -- --folder x', /start has no option --folder/],
    ['X=$(aws kms describe-key --key-id A --key B)', /has no option --key$/],
    ['awss s3 ls', /what is awss/],
    ['npx clickledger audit …', /is not complete/],
  ] as const) {
    it(`'${text}' is found out`, () => {
      const faults = shownIn(`\`\`\`sh\n${text}\n\`\`\`\n`).flatMap(faultsOf);
      assert.equal(faults.length, 1, faults.join('; '));
      assert.match(faults[0] ?? '', fault);
    });
  }

  for (const [text, fault] of [
    ['aws s3 ls $BUCKET', /is not quoted/],
    ['echo $(date -u -d yesterday)', /GNU/],
    ['aws s3 ls "s3://$BUCKET', /never closed/],
    ['if true; do x; fi', /[Ss]yntax error/],
  ] as const) {
    it(`'${text}' runs in some shells only, which is found out`, () => {
      const found = () => portabilityFaults(text).join('; ');
      if (fault.source.includes('closed')) assert.throws(found, fault);
      else assert.match(found(), fault);
    });
  }
});
