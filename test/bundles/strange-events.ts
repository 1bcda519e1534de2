/** What is no event of a Kafka mapping, and the sentence that says why. */
import { aRecord } from '../support/builders.ts';

const offsetAsText = { ...aRecord({ topic: 'strange' }), offset: '4711' };

export const strangeEvents: readonly (readonly [name: string, event: unknown, sentence: string])[] = [
  ['nothing', null, "its 'records' is undefined, not an object of arrays by partition"],
  ['an empty object', {}, "its 'records' is undefined, not an object of arrays by partition"],
  ['an event of SQS', { Records: [] }, "its 'records' is undefined, not an object of arrays by partition"],
  ['a list of records', { records: [] }, "its 'records' is an array, not an object of arrays by partition"],
  ['one record without a list', { records: { a: {} } }, "records['a'] is object, not an array"],
  [
    'an offset as text, as failure documents have it',
    { records: { 'strange-0': [aRecord({ topic: 'strange', offset: 1 }), offsetAsText] } },
    `a record under 'strange-0' has no readable position: {"topic":"strange","partition":0,"offset":"4711","timestamp":1795255200000}`,
  ],
];
