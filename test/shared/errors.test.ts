import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, assertInvariant, failures } from '../../shared/errors.ts';

describe('failures', () => {
  it('only what may pass is tried again in hope: everything else waits for a person', () => {
    const byRemedy = (remedy: string) =>
      Object.entries(failures).flatMap(([code, failure]) => (failure.remedy === remedy ? [code] : []));
    assert.deepEqual(byRemedy('time'), ['table.deadline']);
    assert.deepEqual(byRemedy('person'), [
      'config.invalid',
      'event.malformed',
      'event.topic',
      'event.timestamps',
      'log.mismatch',
      'incarnation.unexplained',
      'journal.full',
      'journal.torn',
      'batch.rejected',
      'journal.damaged',
      'ledger.count',
      'fold.broken',
      'entry.large',
      'table.refused',
    ]);
    assert.equal(Object.keys(failures).length, 15);
  });

  it('say code, what was met and what that means, and keep what caused them', () => {
    const cause = new Error('the socket closed');
    const caused = new AppError('table.refused', 'ad_clicks@1#0: no rights', cause);
    assert.deepEqual([caused.name, caused.code, caused.cause], ['AppError', 'table.refused', cause]);
    for (const code of Object.keys(failures) as (keyof typeof failures)[]) {
      assert.match(failures[code].says, /^\w.{20,}$/);
      const { message, cause: none } = new AppError(code, 'here');
      assert.equal(message, `${code}: here (${failures[code].says})`);
      assert.equal(none, undefined);
    }
    assert.equal(Object.hasOwn(new AppError('entry.large', 'x'), 'cause'), false);
  });

  it('a broken promise of our own throws, and a kept one does not', () => {
    assertInvariant(true, 'two is even');
    assert.throws(() => assertInvariant(false, 'two is odd'), /^Error: invariant broken: two is odd$/);
  });
});
