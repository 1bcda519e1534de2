import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import { GroundError } from '../../../infra/local/ground-error.ts';
import { prepareJars, versionFor } from '../../../infra/local/jars.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const java17 = 'echo \'openjdk version "17.0.15" 2025-04-15\' >&2';
const PUT = (name: string, flag: string) =>
  `for a; do case "$p$a" in ${flag}*) : > "\${a#-DoutputDirectory=}/${name}";; esac; p="$a "; done`;
const mvnThatFetches = PUT('kafka.jar', '*-DoutputDirectory=');
const javacThatCompiles = PUT('Launcher.class', '-d\\ ');

/** Only these tools are on the PATH from here on. */
function machineWith(t: TestContext, tools: Readonly<Record<string, string>>): void {
  const bin = temporaryFolder(t);
  for (const [tool, script] of Object.entries(tools)) {
    writeFileSync(join(bin, tool), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, tool), 0o755);
  }
  const before = process.env['PATH'];
  process.env['PATH'] = bin;
  t.after(() => {
    process.env['PATH'] = before;
  });
}

async function refusal(folder: string): Promise<string> {
  try {
    await prepareJars({ folder, kafkaVersion: '4.1.x', say: () => undefined });
  } catch (error) {
    assert.ok(error instanceof GroundError, String(error));
    return error.message;
  }
  return assert.fail('nothing was refused');
}

describe('the jars', () => {
  let said: string[];
  const say = (line: string) => said.push(line);
  beforeEach(() => {
    said = [];
  });

  it('are fetched once, with one line about it; later starts need Java alone', async (t) => {
    const folder = join(temporaryFolder(t), 'jars');
    machineWith(t, { java: java17, mvn: mvnThatFetches, javac: javacThatCompiles });
    const first = await prepareJars({ folder, kafkaVersion: '4.1.x.kraft', say });
    machineWith(t, { java: java17 });

    const second = await prepareJars({ folder, kafkaVersion: '4.1.x.kraft', say });

    assert.deepEqual(second, first);
    assert.equal(first.kafkaVersion, '4.1.2');
    const [launcher = '', jars = ''] = first.classPath.split(':');
    assert.ok(existsSync(join(launcher, 'Launcher.class')));
    assert.ok(existsSync(jars.replace('*', 'kafka.jar')));
    assert.equal(said.length, 1);
    assert.match(said[0]!, /^Fetching Kafka 4\.1\.2 and DynamoDB Local/);
  });

  it('are whole after two fetches at once', async (t) => {
    const folder = join(temporaryFolder(t), 'jars');
    machineWith(t, { java: java17, mvn: mvnThatFetches, javac: javacThatCompiles });

    const [one, other] = await Promise.all([
      prepareJars({ folder, kafkaVersion: '4.1.x', say }),
      prepareJars({ folder, kafkaVersion: '4.1.x', say }),
    ]);

    assert.deepEqual(one, other);
    assert.equal(readdirSync(folder).length, 1);
  });

  it('are absent after a fetch that failed, and the fault is told in one sentence', async (t) => {
    const folder = join(temporaryFolder(t), 'jars');
    machineWith(t, {
      java: java17,
      mvn: 'echo "[ERROR] Could not transfer kafka.jar"; echo "[ERROR]"; echo "[ERROR] -e shows more"; exit 1',
    });

    const message = await refusal(folder);

    assert.match(
      message,
      /^Maven could not fetch the jars \(Could not transfer kafka\.jar\): see that Maven Central/,
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it('are cleared of what a killed fetch left long ago', async (t) => {
    const folder = join(temporaryFolder(t), 'jars');
    mkdirSync(join(folder, '.unfinished-old'), { recursive: true });
    mkdirSync(join(folder, '.unfinished-new'));
    utimesSync(join(folder, '.unfinished-old'), 0, 0);
    machineWith(t, { java: java17, mvn: mvnThatFetches, javac: javacThatCompiles });

    await prepareJars({ folder, kafkaVersion: '4.1.x', say });

    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      ['.unfinished-new'],
    );
  });

  const machines: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['no Java', {}, /^java was not found: install a JDK 17 or newer/],
    [
      'an old Java',
      { java: 'echo \'openjdk version "11.0.2" 2019-01-15\' >&2' },
      /^java on the PATH is version 11: install a JDK 17/,
    ],
    [
      'a very old Java',
      { java: 'echo \'java version "1.8.0_392"\' >&2' },
      /^java on the PATH is version 8: install a JDK 17/,
    ],
    [
      'a stand-in for Java',
      { java: 'echo "Unable to locate a Java Runtime." >&2; exit 1' },
      /^java does not run \(Unable to locate a Java Runtime\.\): install/,
    ],
    ['no Maven', { java: java17 }, /^mvn was not found, and the jars have to be fetched once: install Maven/],
    [
      'a runtime instead of a JDK',
      { java: java17, mvn: mvnThatFetches },
      /^javac was not found beside java: install a JDK 17/,
    ],
  ];
  for (const [what, tools, message] of machines) {
    it(`say what to install on a machine with ${what}`, async (t) => {
      machineWith(t, tools);

      assert.match(await refusal(join(temporaryFolder(t), 'jars')), message);
    });
  }

  it('are those of the Kafka series that the template names', () => {
    const pom = '<kafka.series.4.1>4.1.2</kafka.series.4.1>\n<kafka.series.4.2>4.2.1</kafka.series.4.2>';

    assert.equal(versionFor('4.1.x.kraft', pom), '4.1.2');
    assert.equal(versionFor('4.2.1', pom), '4.2.1');
    assert.equal(versionFor(undefined, pom), '4.2.1');
    assert.throws(() => versionFor('3.9.x', pom), {
      message:
        "the template's cluster runs Kafka '3.9.x'; pom.xml knows the series 4.1, 4.2: add a line <kafka.series.…> for another",
    });
  });
});
