import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineCommand } from '../../infra/terminal/command.ts';
import { parsed, refusalOf } from '../support/parsed.ts';
import { profiles, readProveRequest, withProveOptions } from './profile.ts';

const SEEDS = 2 ** 32;

const command = withProveOptions(defineCommand('prove', 'As it is defined in prove.ts.'));
const read = (given: string | readonly string[]) => readProveRequest(parsed(command, given));

describe('what is asked of a proof', () => {
  it('is the smoke profile by a seed from the clock, for people, if nothing is', () => {
    const request = read([]);

    assert.equal(request.profile, profiles.smoke);
    assert.equal(request.json, false);
    assert.ok(Number.isInteger(request.seed) && Number(request.seed) < SEEDS);
  });

  it('is any of its options', () => {
    assert.deepEqual(read(['--full', '--seed', '7', '--json']), {
      profile: profiles.full,
      seed: 7,
      json: true,
      mutants: 'none',
    });
    assert.equal(read(['--smoke']).profile, profiles.smoke);
    assert.equal(read(['--mutants']).mutants, 'all');
    assert.deepEqual(read(['--mutant', 'float-money']).mutants, { only: 'float-money' });
  });

  it('has a seed from 0 to 2^32 - 1', () => {
    for (const seed of [0, 7, SEEDS - 1]) assert.equal(read(['--seed', String(seed)]).seed, seed);

    for (const seed of [String(SEEDS), '99999999999', '00000000007', '1.5', '0x7', '1e3', ' 7', 'seven', ''])
      assert.equal(
        refusalOf(() => read([`--seed=${seed}`])),
        `option '--seed <n>' argument '${seed}' is invalid. Allowed is a whole number from 0 to 4294967295.`,
      );
  });

  it('is refused where it can not be meant', () => {
    assert.equal(
      refusalOf(() => read('--smoke --full')),
      "option '--smoke' cannot be used with option '--full'",
    );
    for (const [given, named] of [
      [['--fast'], /^unknown option '--fast'/],
      [['7'], /^too many arguments/],
      [['--seed'], /^option '--seed <n>' argument missing$/],
      [['--json=yes'], /^unknown option '--json=yes'/],
      [['--seed', '-1'], /'-1' is invalid/],
    ] as const) {
      assert.match(
        refusalOf(() => read(given)),
        named,
      );
    }
  });

  for (const { name, clicks, faultsForMs, floors } of [profiles.smoke, profiles.full]) {
    it(`${name} is what the help says of it, and asks something of each floor`, () => {
      const said = command.options.find(({ long }) => long === `--${name}`)?.description ?? '';
      const unit = said.includes(' min of faults') ? 60_000 : 1_000;
      const [, count = '', time = ''] =
        /^([\d,]+) clicks and at least (\d+) (?:s|min) of faults/.exec(said) ?? [];

      assert.equal(Number(count.replaceAll(',', '')), clicks);
      assert.equal(Number(time) * unit, faultsForMs);
      for (const [what, floor] of Object.entries(floors)) assert.ok(floor > 0, what);
    });
  }
});
