import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BadRequest, profiles, readProveRequest, USAGE } from './profile.ts';

const SEEDS = 2 ** 32;

function refusal(...given: string[]): string {
  try {
    readProveRequest(given);
  } catch (error) {
    assert.ok(error instanceof BadRequest, String(error));
    return error.message;
  }
  return assert.fail(`${given} was not refused`);
}

describe('what is asked of a proof', () => {
  it('is the smoke profile by a seed from the clock, for people, if nothing is', () => {
    const request = readProveRequest([]);

    assert.equal(request?.profile, profiles.smoke);
    assert.equal(request?.json, false);
    assert.ok(Number.isInteger(request?.seed) && Number(request?.seed) < SEEDS);
  });

  it('is any of its options', () => {
    assert.deepEqual(readProveRequest(['--full', '--seed', '7', '--json']), {
      profile: profiles.full,
      seed: 7,
      json: true,
      mutants: 'none',
    });
    assert.equal(readProveRequest(['--smoke'])?.profile, profiles.smoke);
    assert.equal(readProveRequest(['--mutants'])?.mutants, 'all');
    assert.deepEqual(readProveRequest(['--mutant', 'float-money'])?.mutants, { only: 'float-money' });
    assert.equal(readProveRequest(['--help', '--full']), undefined);
  });

  it('has a seed from 0 to 2^32 - 1', () => {
    for (const seed of [0, 7, SEEDS - 1])
      assert.equal(readProveRequest(['--seed', String(seed)])?.seed, seed);

    for (const seed of [String(SEEDS), '99999999999', '00000000007', '1.5', '0x7', '1e3', ' 7', 'seven', ''])
      assert.equal(
        refusal(`--seed=${seed}`),
        `--seed is '${seed}', allowed is a whole number from 0 to 4294967295`,
      );
  });

  it('is refused with the usage where it can not be meant', () => {
    assert.equal(refusal('--smoke', '--full'), `--smoke and --full exclude each other\n${USAGE}`);
    for (const [given, named] of [
      [['--fast'], /^Unknown option '--fast'/],
      [['7'], /^Unexpected argument '7'/],
      [['--seed'], /'--seed <value>' argument missing$/],
      [['--json=yes'], /'--json' does not take an argument$/],
      [['--seed', '-1'], /'--seed' argument is ambiguous\.$/],
    ] as const) {
      const message = refusal(...given);

      assert.ok(message.endsWith(`\n${USAGE}`), message);
      assert.match(message.split('\n')[0] ?? '', named);
    }
  });

  for (const { name, clicks, faultsForMs, floors } of [profiles.smoke, profiles.full]) {
    it(`${name} is what the usage says of it, and asks something of each floor`, () => {
      const [, said = ''] = new RegExp(`--${name} +(.*)`).exec(USAGE) ?? [];
      const unit = said.includes(' min of faults') ? 60_000 : 1_000;
      const [, count = '', time = ''] =
        /^([\d,]+) clicks and at least (\d+) (?:s|min) of faults/.exec(said) ?? [];

      assert.equal(Number(count.replaceAll(',', '')), clicks);
      assert.equal(Number(time) * unit, faultsForMs);
      for (const [what, floor] of Object.entries(floors)) assert.ok(floor > 0, what);
    });
  }
});
