import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { aFunction, everyMinute, planOf } from '../../../support/cloud-assembly.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const image = aFunction({ PackageType: 'Image', Code: { ImageUri: 'x' } });
const python = aFunction({ Runtime: 'python3.13' });

describe('a function of the templates', () => {
  it('is planned with its bundle, its environment and the limits of the service', (t) => {
    const folder = temporaryFolder(t);
    const Environment = { Variables: { TOPIC: 'clicks', PARTITIONS: 3 } };

    const { functions } = planOf(folder, {
      Resources: { Handler: aFunction({ Environment, Timeout: 60, FunctionName: 'bill' }) },
    });

    assert.deepEqual(functions, [
      {
        id: 'app/Handler',
        name: 'bill',
        stack: 'app',
        logicalId: 'Handler',
        codeFolder: join(folder, 'asset.bundle'),
        file: join(folder, 'asset.bundle/index.mjs'),
        handler: 'index.handler',
        environment: { TOPIC: 'clicks', PARTITIONS: '3' },
        timeoutSeconds: 60,
        memoryMb: 128,
      },
    ]);
  });

  const refusals: readonly (readonly [string, ReturnType<typeof aFunction>, RegExp])[] = [
    ['is an image', image, /app Handler\.PackageType: is Image; only zipped code/],
    ['is no nodejs', python, /app Handler\.Runtime: is 'python3\.13'; only nodejs/],
    ['has its code inline', aFunction({ Code: { ZipFile: 'x' } }), /app Handler\.Code: is inline/],
    ['has no such asset', aFunction({ Code: { S3Key: 'other.zip' } }), /'other\.zip' is not an asset/],
    [
      'names a file that its bundle lacks',
      aFunction({ Handler: 'main.handler' }),
      /app Handler\.Handler: is 'main\.handler'/,
    ],
    [
      'has a timeout beyond the limit',
      aFunction({ Timeout: 901 }),
      /Timeout is 901 and must be a whole number from 1 to 900/,
    ],
    [
      'asks for what is nowhere',
      aFunction({ Environment: { Variables: { BROKERS: { 'Fn::GetAtt': ['Answer', 'Brokers'] } } } }),
      /app Handler\.Environment\.Variables\.BROKERS: there is no 'Answer'/,
    ],
  ];
  for (const [what, Handler, message] of refusals) {
    it(`is refused if something runs it and it ${what}`, (t) => {
      const template = { Resources: { Handler, Rule: everyMinute('Handler') } };

      assert.throws(() => planOf(temporaryFolder(t), template), message);
    });
  }

  it("is left out with a note if nothing runs it and it can't run", (t) => {
    const { functions, notes } = planOf(temporaryFolder(t), { Resources: { Provider: python } });

    assert.deepEqual(functions, []);
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, /^app Provider\.Runtime: is 'python3\.13'.*nothing here runs this function/);
  });

  it('is noted with properties that are not imitated', (t) => {
    const Handler = aFunction({ Runtime: 'nodejs22.x', ReservedConcurrentExecutions: 2, Layers: ['arn'] });

    const { notes } = planOf(temporaryFolder(t), { Resources: { Handler } });

    assert.deepEqual(notes, [
      `app Handler: Runtime is nodejs22.x, and runs on nodejs${process.versions.node.split('.')[0]}.x here`,
      'app Handler: Layers is not imitated',
      'app Handler: ReservedConcurrentExecutions is not imitated',
    ]);
  });
});
