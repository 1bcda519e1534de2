import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { synthesizeTemplates } from '../../../../infra/local/template/synthesize.ts';
import { UserError } from '../../../../infra/terminal/user-error.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Stands in for the CDK: notes what it was asked, and writes a manifest, or fails if it is told to. */
const cdk = `
  import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
  appendFileSync('asked', process.argv.slice(2).join(' ') + '\\n');
  if (existsSync('broken')) {
    console.error('[Error at /stack] the topic needs a name');
    process.exit(1);
  }
  const given = process.argv.indexOf('--output');
  const output = given < 0 ? 'cdk.out' : process.argv[given + 1];
  mkdirSync(output, { recursive: true });
  writeFileSync(output + '/manifest.json', '{}');
`;

const sources = [
  'cdk.json',
  'package-lock.json',
  'infra/app.ts',
  'infra/aws/stacks.ts',
  'functions/billing/fold.ts',
  'shared/deep/down/decode.ts',
];

/** A checkout with a few sources and that CDK. */
class Checkout {
  readonly root: string;
  readonly folder: string;
  readonly said: string[] = [];

  constructor(t: TestContext) {
    this.root = temporaryFolder(t);
    this.folder = temporaryFolder(t);
    for (const source of sources) this.write(source, `this is ${source}`);
    this.write('node_modules/aws-cdk/package.json', '{ "type": "module" }');
    this.write('node_modules/aws-cdk/bin/cdk', cdk);
    this.write('asked', '');
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), text);
  }

  current(stage = 'dev'): Promise<string> {
    const say = (line: string) => this.said.push(line);
    return synthesizeTemplates({ root: this.root, stage, folder: this.folder, say });
  }

  /** What the CDK was asked, one run a line. */
  get asked(): string[] {
    return readFileSync(join(this.root, 'asked'), 'utf8').split('\n').slice(0, -1);
  }
}

describe('the templates', () => {
  it("are in the local runtime's folder if the checkout is read-only", async (t) => {
    const checkout = new Checkout(t);
    checkout.write('cdk.out', 'no folder can be made here');

    const first = await checkout.current();
    const second = await checkout.current();

    assert.deepEqual([first, second], Array(2).fill(join(checkout.folder, 'cdk.out')));
    assert.deepEqual(checkout.asked, [`synth --quiet --output ${first} -c stage=dev`]);
  });

  it('are synthesized once for unchanged sources, with one line about it', async (t) => {
    const checkout = new Checkout(t);

    const folders = [await checkout.current(), await checkout.current(), await checkout.current()];

    assert.deepEqual(new Set(folders), new Set([join(checkout.root, 'cdk.out')]));
    assert.deepEqual(checkout.asked, ['synth --quiet -c stage=dev']);
    assert.deepEqual(checkout.said, ['Synthesizing the templates of stage dev …']);
  });

  for (const source of sources) {
    it(`are synthesized again when ${source} has changed`, async (t) => {
      const checkout = new Checkout(t);
      await checkout.current();
      appendFileSync(join(checkout.root, source), ' ');

      await checkout.current();

      assert.equal(checkout.asked.length, 2);
    });
  }

  it('are synthesized again when a source was added, renamed or removed', async (t) => {
    const checkout = new Checkout(t);
    await checkout.current();
    const shared = (name: string) => join(checkout.root, 'shared', name);
    const changes = [
      () => writeFileSync(shared('new.ts'), ''),
      () => renameSync(shared('new.ts'), shared('newer.ts')),
      () => rmSync(shared('newer.ts')),
    ];

    for (const [i, change] of changes.entries()) {
      change();
      await checkout.current();

      assert.equal(checkout.asked.length, i + 2);
    }
  });

  it('are not synthesized again when another file has changed', async (t) => {
    const checkout = new Checkout(t);
    await checkout.current();
    for (const other of ['README.md', 'infra/local/local-runtime.ts', 'test/a.test.ts'])
      checkout.write(other, 'new');

    await checkout.current();

    assert.equal(checkout.asked.length, 1);
  });

  it('belong to the stage, whichever was synthesized last', async (t) => {
    const checkout = new Checkout(t);

    for (const stage of ['dev', 'prod', 'prod', 'dev']) await checkout.current(stage);

    assert.deepEqual(checkout.asked, [
      'synth --quiet -c stage=dev',
      'synth --quiet -c stage=prod',
      'synth --quiet -c stage=dev',
    ]);
  });

  it('are synthesized again if somebody else has synthesized or removed them', async (t) => {
    const checkout = new Checkout(t);
    await checkout.current();
    checkout.write('cdk.out/manifest.json', '{"of":"another stage"}');
    await checkout.current();
    rmSync(join(checkout.root, 'cdk.out'), { recursive: true });

    await checkout.current();

    assert.equal(checkout.asked.length, 3);
  });

  it("are refused with the CDK's error if the synthesis fails, and synthesized again the next time", async (t) => {
    const checkout = new Checkout(t);
    await checkout.current();
    checkout.write('shared/new.ts', '');
    checkout.write('broken', '');

    const refused = async () => await assert.rejects(checkout.current(), refusal);
    const refusal = (error: unknown) =>
      error instanceof UserError &&
      error.message ===
        'cdk synth failed: [Error at /stack] the topic needs a name; to see only this, run npm run synth -- -c stage=dev';

    await refused();
    await refused();
    rmSync(join(checkout.root, 'broken'));
    await checkout.current();
    assert.equal(checkout.asked.length, 4);
  });
});
