import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import { findVersion, prepareJars } from '../../../../infra/local/servers/jars.ts';
import { UserError } from '../../../../infra/terminal/user-error.ts';
import { root } from '../../../support/runtime-folder.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

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

/** Of a jar without a byte. */
const digests = `${createHash('sha256').update('').digest('hex')}  kafka.jar\n`;

async function refusal(folder: string, known = digests): Promise<string> {
  try {
    await prepareJars({ folder, kafkaVersion: '4.1.x', say: () => undefined, digests: known });
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
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

  it('are fetched once, with one line about it; later starts need only Java', async (t) => {
    const folder = join(temporaryFolder(t), 'jars');
    machineWith(t, { java: java17, mvn: mvnThatFetches, javac: javacThatCompiles });
    const first = await prepareJars({ folder, kafkaVersion: '4.1.x.kraft', say, digests });
    machineWith(t, { java: java17 });

    const second = await prepareJars({ folder, kafkaVersion: '4.1.x.kraft', say, digests });

    assert.deepEqual(second, first);
    assert.equal(first.kafkaVersion, '4.1.2');
    const [launcher = '', jars = ''] = first.classPath.split(':');
    assert.ok(existsSync(join(launcher, 'Launcher.class')));
    assert.ok(existsSync(jars.replace('*', 'kafka.jar')));
    assert.equal(said.length, 1);
    assert.match(said[0]!, /^Fetching Kafka 4\.1\.2 and DynamoDB Local/);
  });

  it('are refused by name if one has changed or is unknown, and nothing is kept', async (t) => {
    const folder = join(temporaryFolder(t), 'jars');
    machineWith(t, { java: java17, mvn: mvnThatFetches, javac: javacThatCompiles });
    const changed = `${'0'.repeat(64)}  kafka.jar\n`;
    const empty = createHash('sha256').update('').digest('hex');

    const refusals = [await refusal(folder, changed), await refusal(folder, '')];

    assert.ok(
      refusals[0]?.startsWith(
        `kafka.jar has the SHA-256 ${empty}, infra/local/servers/jars.sha256 has ${'0'.repeat(64)}: `,
      ),
    );
    assert.ok(
      refusals[1]?.startsWith(
        `kafka.jar has the SHA-256 ${empty}, infra/local/servers/jars.sha256 has none for it: `,
      ),
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it('have their digests in the repository, one for each name, of every Kafka that pom.xml knows', () => {
    const lines = readFileSync(join(root, 'infra/local/servers/jars.sha256'), 'utf8').trimEnd().split('\n');
    const names = lines.map((line) => /^[0-9a-f]{64} {2}(\S+\.jar)$/.exec(line)?.[1] ?? assert.fail(line));
    const pom = readFileSync(join(root, 'pom.xml'), 'utf8');

    assert.equal(new Set(names).size, names.length);
    for (const series of ['4.1.x', '4.2.x']) {
      assert.ok(names.includes(`kafka-clients-${findVersion(series, pom)}.jar`), series);
      assert.ok(names.includes(`kafka-server-${findVersion(series, pom)}.jar`), series);
    }
  });

  it('are refused under a path with a colon, which Java reads as two', async (t) => {
    assert.match(
      await refusal(join(temporaryFolder(t), 'a:b')),
      /has a colon, and Java would read it as two folders/,
    );
  });

  it('are whole after two fetches at once', async (t) => {
    const folder = join(temporaryFolder(t), 'jars');
    machineWith(t, { java: java17, mvn: mvnThatFetches, javac: javacThatCompiles });

    const [one, other] = await Promise.all([
      prepareJars({ folder, kafkaVersion: '4.1.x', say, digests }),
      prepareJars({ folder, kafkaVersion: '4.1.x', say, digests }),
    ]);

    assert.deepEqual(one, other);
    assert.equal(readdirSync(folder).length, 1);
  });

  it('are absent after a failed fetch, and one sentence names the fault', async (t) => {
    const folder = join(temporaryFolder(t), 'jars');
    machineWith(t, {
      java: java17,
      mvn: 'echo "[ERROR] Could not transfer kafka.jar"; echo "[ERROR]"; echo "[ERROR] -e shows more"; exit 1',
    });

    const message = await refusal(folder);

    assert.match(
      message,
      /^Maven could not fetch the jars \(Could not transfer kafka\.jar\): check that Maven Central/,
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it('lose what a killed fetch left long ago', async (t) => {
    const folder = join(temporaryFolder(t), 'jars');
    mkdirSync(join(folder, '.unfinished-old'), { recursive: true });
    mkdirSync(join(folder, '.unfinished-new'));
    utimesSync(join(folder, '.unfinished-old'), 0, 0);
    machineWith(t, { java: java17, mvn: mvnThatFetches, javac: javacThatCompiles });

    await prepareJars({ folder, kafkaVersion: '4.1.x', say, digests });

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
    ['no Maven', { java: java17 }, /^mvn was not found, and the jars must be fetched once: install Maven/],
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

  it('belong to the Kafka series of the template', () => {
    const pom = '<kafka.series.4.1>4.1.2</kafka.series.4.1>\n<kafka.series.4.2>4.2.1</kafka.series.4.2>';

    assert.equal(findVersion('4.1.x.kraft', pom), '4.1.2');
    assert.equal(findVersion('4.2.1', pom), '4.2.1');
    assert.equal(findVersion(undefined, pom), '4.2.1');
    assert.throws(() => findVersion('3.9.x', pom), {
      message:
        "the template's cluster runs Kafka '3.9.x'; pom.xml knows the series 4.1, 4.2: add a line <kafka.series.…> for another",
    });
  });
});
