/**
 * Prepares the jars of Kafka and DynamoDB Local, and the compiled Launcher. In: the Kafka series of the template, and a
 * folder for the jars. Out: a class path. Maven and the network are needed once for each Kafka version and for
 * each change of pom.xml; later starts need only a Java runtime.
 *
 * A folder of jars is complete or absent. It is filled under a temporary name and then renamed, so an interrupted fetch leaves
 * nothing that a later start would trust, and two fetches at once end in the same folder. A jar is kept only if its SHA-256 is
 * in `jars.sha256` beside this file. A jar that a server or a mirror has changed, or that is not listed, is refused by name.
 * Launcher.java is compiled once, because launching a source file adds 0.9 s to every start (measured).
 */

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../terminal/user-error.ts';
import { findFirstFault, runTool, showWhile } from '../tools.ts';

export interface Jars {
  readonly kafkaVersion: string;
  /** For `java -cp`. */
  readonly classPath: string;
}

interface JarOptions {
  /** The folder for the jars, such as `.clickledger/jars`. */
  readonly folder: string;
  /** As in the template's cluster, like `4.1.x.kraft`; undefined: the newest series of pom.xml. */
  readonly kafkaVersion: string | undefined;
  /** Gets one line if jars must be fetched. */
  readonly say: (line: string) => void;
  /** Lines of SHA-256 and name, as `sha256sum` writes them. Default: the content of `jars.sha256`. */
  readonly digests?: string;
}

const POM = fileURLToPath(new URL('../../../pom.xml', import.meta.url));
const DIGESTS = fileURLToPath(new URL('./jars.sha256', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('./Launcher.java', import.meta.url));
const JAVA_VERSION_MIN = 17;
const FETCH_WITHIN_MS = 15 * 60_000;
const KEY_LENGTH = 12;
const UNFINISHED = '.unfinished-';

export async function prepareJars({ folder, kafkaVersion, say, digests }: JarOptions): Promise<Jars> {
  if (folder.includes(':'))
    throw new UserError(
      `the folder ${folder} has a colon, and Java would read it as two folders: choose another with CLICKLEDGER_FOLDER`,
    );
  const pom = readFileSync(POM, 'utf8');
  const version = findVersion(kafkaVersion, pom);
  const jars = join(folder, `kafka-${version}-${digestOf(pom)}`);
  const launcher = join(jars, `launcher-${digestOf(readFileSync(LAUNCHER, 'utf8'))}`);
  await checkJava();
  removeUnfinished(folder);
  if (!existsSync(jars)) {
    say(`Fetching Kafka ${version} and DynamoDB Local from Maven Central, once (about 70 MB) …`);
    await fillBeside(jars, async (beside) => {
      await fetchJars(version, beside);
      refuseStrangers(beside, digests ?? readFileSync(DIGESTS, 'utf8'));
    });
  }
  if (!existsSync(launcher)) await fillBeside(launcher, (beside) => compile(jars, beside));
  return { kafkaVersion: version, classPath: `${launcher}:${join(jars, '*')}` };
}

/** `4.1.x.kraft` and `4.1.1` belong to the series 4.1; pom.xml names the version that runs for a series. */
export function findVersion(kafkaVersion: string | undefined, pom: string): string {
  const known = new Map(
    Array.from(pom.matchAll(/<kafka\.series\.([\d.]+)>([^<]+)</g), ([, series = '', version = '']) => [
      series,
      version,
    ]),
  );
  const newest = [...known.keys()].at(-1);
  const series = kafkaVersion === undefined ? newest : /^\d+\.\d+/.exec(kafkaVersion)?.[0];
  const version = known.get(series ?? '');
  if (version !== undefined) return version;
  throw new UserError(
    `the template's cluster runs Kafka '${kafkaVersion}'; pom.xml knows the series ${[...known.keys()].join(', ')}: add a line <kafka.series.…> for another`,
  );
}

/** Removes what a killed fetch has left. A fetch that still runs is younger. */
function removeUnfinished(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    const ageMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (name.startsWith(UNFINISHED) && ageMs > 2 * FETCH_WITHIN_MS)
      rmSync(path, { recursive: true, force: true });
  }
}

/** Returns when `place` is filled, by this process or by another one that starts at the same time. */
async function fillBeside(place: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const parent = join(place, '..');
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const beside = mkdtempSync(join(parent, UNFINISHED));
  try {
    await fill(beside);
    renameSync(beside, place);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
}

/** Refuses fetched jars whose digest is not the known one. */
function refuseStrangers(folder: string, digests: string): void {
  const known = new Map(
    Array.from(digests.matchAll(/^([0-9a-f]{64}) {2}(\S+)$/gm), ([, digest = '', name = '']) => [
      name,
      digest,
    ]),
  );
  const strangers = readdirSync(folder).flatMap((name) => {
    const digest = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
    const wanted = known.get(name);
    if (wanted === digest) return [];
    return [
      `${name} has the SHA-256 ${digest}, infra/local/servers/jars.sha256 has ${wanted ?? 'none for it'}`,
    ];
  });
  if (strangers.length > 0)
    throw new UserError(
      `${strangers.join('; ')}: no fetched jar is kept. If pom.xml has not changed, then Maven Central, its mirror or ~/.m2 holds other jars than the tested ones. If it has changed, check the new jars and add their digests to that file`,
    );
}

async function checkJava(): Promise<void> {
  const needed = `install a JDK ${JAVA_VERSION_MIN} or newer and put its bin folder on the PATH`;
  const java = await runTool('java', ['-version']);
  if (java === 'missing') throw new UserError(`java was not found: ${needed}`);
  // `openjdk version "17.0.15" 2025-04-15`, and `"1.8.0_392"` up to Java 8.
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(java.output) ?? [];
  const major = Number(first === '1' ? second : first);
  if (java.status !== 0 || Number.isNaN(major))
    throw new UserError(`java does not run (${findFirstFault(java.output)}): ${needed}`);
  if (major < JAVA_VERSION_MIN) throw new UserError(`java on the PATH is version ${major}: ${needed}`);
}

async function fetchJars(version: string, into: string): Promise<void> {
  const command = [
    '-q',
    '-B',
    '-Dstyle.color=never',
    '-f',
    POM,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
  ];
  const given = [...command, `-Dkafka.version=${version}`, `-DoutputDirectory=${into}`];
  const maven = await showWhile('fetching', runTool('mvn', given, FETCH_WITHIN_MS));
  if (maven === 'missing')
    throw new UserError('mvn was not found, and the jars must be fetched once: install Maven 3.6 or newer');
  if (maven.status !== 0)
    throw new UserError(
      `Maven could not fetch the jars (${findFirstFault(maven.output)}): check that Maven Central, or the mirror in ~/.m2/settings.xml, can be reached, and start again`,
    );
}

async function compile(jars: string, into: string): Promise<void> {
  const javac = await runTool('javac', [
    '-proc:none',
    '-nowarn',
    '-d',
    into,
    '-cp',
    join(jars, '*'),
    LAUNCHER,
  ]);
  if (javac === 'missing')
    throw new UserError(
      `javac was not found beside java: install a JDK ${JAVA_VERSION_MIN} or newer, not only a runtime`,
    );
  if (javac.status !== 0) throw new Error(`Launcher.java does not compile:\n${javac.output}`);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, KEY_LENGTH);
}
