import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readSelection, redrive } from '../../../infra/cli/redrive.ts';
import { readTarget } from '../../../infra/cli/target.ts';
import { parsed, refusalOf } from '../../support/parsed.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const access = {
  endpoint: 'http://127.0.0.1:1',
  region: 'eu-west-1',
  accessKeyId: 'a',
  secretAccessKey: 's',
};
const group = { id: 'g', topic: 'ad_clicks', function: 'f', sourceArn: 'arn', batchRecords: 10 };
const run = {
  pid: process.pid,
  kafka: '127.0.0.1:9092',
  dynamodb: access,
  lambda: access,
  tables: { billing: 't', fraud: 'u' },
  groups: { billing: group, fraud: { ...group, destination: '/d' } },
};

function runFile(t: TestContext, content: object = run): string {
  const file = join(temporaryFolder(t), 'run.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

function read(given: string | readonly string[], file: string) {
  const values = parsed(redrive, given);
  return { values, selection: readSelection(values), addresses: readTarget(values, file) };
}

describe('the options of redrive', () => {
  it('mean everything of one ledger of the running local runtime, as a dry run', (t) => {
    const request = read(['--ledger', 'fraud'], runFile(t));

    assert.deepEqual([request.values.apply, request.values.json], [undefined, undefined]);
    assert.deepEqual(request.selection, {
      kinds: new Set(['parked', 'gaps', 'destination']),
      accept: undefined,
      park: false,
      partition: undefined,
      from: undefined,
      to: undefined,
    });
    const { table, function: name, destination, batchRecords } = request.addresses;
    assert.deepEqual([table, name, destination, batchRecords], ['u', 'f', { folder: '/d' }, 10]);
  });

  it('choose', (t) => {
    const given = [
      '--ledger',
      'billing',
      '--gaps',
      '--partition',
      '0',
      '--from-offset',
      '3',
      '--to-offset',
      '3',
      '--apply',
    ];
    const request = read(given, runFile(t));

    const undecided = { accept: undefined, park: false };
    const within = { partition: 0, from: 3, to: 3 };
    assert.deepEqual(request.selection, { kinds: new Set(['gaps']), ...within, ...undecided });
    assert.equal(request.values.apply, true);
    assert.equal(request.addresses.destination, undefined);
  });

  it('accept what will never count, with reason and name, or release one batch', (t) => {
    const given = ['--ledger', 'billing', '--accept', '--parked', '--reason', ' no clicks ', '--who', 'ann'];
    const accepting = read(given, runFile(t));
    const parking = read(['--ledger', 'billing', '--park', '--partition', '2'], runFile(t));

    assert.deepEqual(accepting.selection.accept, { reason: 'no clicks', who: 'ann' });
    assert.deepEqual([...accepting.selection.kinds], ['parked']);
    assert.deepEqual([parking.selection.park, parking.selection.partition], [true, 2]);
  });

  it('name a ledger on AWS in full', () => {
    const given =
      '--kafka b-1:9098 --iam --region eu-west-1 --topic t --group g --table ledger --function f --bucket b --redrive-role arn:aws:iam::111122223333:role/r';
    const { addresses } = read(given, '/nowhere');

    assert.deepEqual(
      [addresses.ledger, addresses.table, addresses.batchRecords],
      ['ledger', 'ledger', 10_000],
    );
    assert.deepEqual(addresses.destination, { bucket: 'b', region: 'eu-west-1' });
    assert.deepEqual([addresses.function, addresses.lambda], ['f', { region: 'eu-west-1' }]);
    assert.equal(addresses.redriveRole, 'arn:aws:iam::111122223333:role/r');
    assert.equal(addresses.kafka.sasl?.mechanism, 'OAUTHBEARER');
  });

  const refused: [given: string, why: RegExp][] = [
    ['', /--ledger is missing, allowed are billing, fraud/],
    ['--ledger bilingo', /ledger 'bilingo' is unknown, running are billing, fraud/],
    ['--ledger toString', /ledger 'toString' is unknown/],
    ['--ledger billing --partition -1', /--partition/],
    [
      '--ledger billing --redrive-role billing-redrive',
      /--redrive-role <arn>' argument 'billing-redrive' is invalid\. Allowed is the ARN of a role/,
    ],
    ['--ledger billing --redrive-role xarn:aws:iam::111122223333:role/r', /Allowed is the ARN of a role/],
    ['--ledger billing --redrive-role arn:aws:iam::111122223333:user/r', /Allowed is the ARN of a role/],
    [
      '--ledger billing --redrive-role arn:aws:iam::111122223333:role/r',
      /--redrive-role needs --kafka, --topic, --group, --table, --function too/,
    ],
    ['--ledger billing --partition 1.5', /'1.5' is invalid. Allowed is a whole number from 0/],
    ['--ledger billing --from-offset 1e3', /--from-offset <n>' argument '1e3'/],
    ['--ledger billing --from-offset 9007199254740993', /--from-offset <n>' argument/],
    [
      '--ledger billing --from-offset 9 --to-offset 3',
      /--from-offset is 9, which comes after --to-offset, 3/,
    ],
    ['--ledger billing --accept --parked --reason x', /--accept needs --reason TEXT and --who NAME/],
    ['--ledger billing --accept --reason x --who y', /--accept takes --parked, --gaps or both/],
    ['--ledger billing --accept --destination --gaps --reason x --who y', /--accept takes --parked/],
    [
      `--ledger billing --accept --gaps --who y --reason ${'x'.repeat(501)}`,
      /Allowed is 1 to 500 characters/,
    ],
    ['--ledger billing --parked --reason x', /give --accept with them/],
    ['--ledger billing --park', /give --partition with it/],
    ['--ledger billing --park --partition 0 --parked', /not --accept, --parked/],
    ['--ledger billing --everything', /unknown option '--everything'/],
    ['billing', /too many arguments/],
    ['--table x', /--table needs --kafka, --topic, --group, --function too/],
    [
      '--kafka nowhere --topic t --group g --table t --function f',
      /--kafka has 'nowhere', allowed is host:port/,
    ],
    [
      '--kafka a:1 --topic t --group g --table t --function f --batch-records 0',
      /--batch-records <n>' argument '0' is invalid. Allowed is a whole number from 1 to 10000/,
    ],
  ];
  for (const [option, value] of [
    ['--region', 'eu-west-1'],
    ['--bucket', 'b'],
    ['--iam', ''],
    ['--topic', 't'],
    ['--group', 'g'],
    ['--function', 'f'],
    ['--source-arn', 'arn:aws:kafka:eu-west-1:111122223333:cluster/c/1'],
    ['--batch-records', '10'],
  ])
    refused.push([
      `--ledger billing ${option} ${value}`.trim(),
      new RegExp(`^${option} needs (--kafka|--topic), .*too$`),
    ]);
  for (const [given, why] of refused)
    it(`are refused in one sentence: ${given}`, (t) => {
      assert.match(
        refusalOf(() => read(given, runFile(t))),
        why,
      );
    });

  it('need a local runtime that runs', (t) => {
    const reading = (content: object) => () => read(['--ledger', 'billing'], runFile(t, content));

    assert.throws(() => read(['--ledger', 'billing'], '/nowhere/run.json'), /nothing runs on this machine/);
    assert.throws(
      reading({ ...run, pid: 2 ** 22 + 1 }),
      /nothing runs on this machine: start it with npm start/,
    );
    assert.throws(reading({ ...run, lambda: undefined }), /is damaged/);
  });
});
