import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { saysAway, untilAnswered } from '../../src/kafka/until-answered.ts';

const { KafkaJSConnectionError, KafkaJSNonRetriableError, KafkaJSProtocolError } = kafkajs;

const refused = () => new KafkaJSConnectionError('connect ECONNREFUSED', { broker: 'localhost:9092' });
/** kafkajs's types don't know what it is made with. */
const named = (name: string) => Object.assign(new KafkaJSNonRetriableError(name), { name });
const answer = (type: string, retriable: boolean) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, retriable }) as never);

describe('brokers that are away', () => {
  test.each([
    ['a refused connection', refused()],
    ['no coordinator', named('KafkaJSGroupCoordinatorNotFound')],
    [
      'either of them inside another error',
      Object.assign(new KafkaJSNonRetriableError('gave up'), { cause: refused() }),
    ],
    ['a broker that is no leader any more', answer('NOT_LEADER_FOR_PARTITION', true)],
    ['a coordinator that is loading', answer('GROUP_LOAD_IN_PROGRESS', true)],
  ])('%s', (_, error) => expect(saysAway(error)).toBe(true));

  test.each([
    ['a topic that is not there', answer('UNKNOWN_TOPIC_OR_PARTITION', true)],
    ['a right that is missing', answer('TOPIC_AUTHORIZATION_FAILED', false)],
    ['a wrong password', new KafkaJSNonRetriableError('SASL')],
    ['a fault of our own', new TypeError('x is not a function')],
    ['nothing', undefined],
  ])('but not: %s', (_, error) => expect(saysAway(error)).toBe(false));

  test('a call is made again until they answer, and once where something must be mended', async () => {
    let calls = 0;
    const answers = [refused(), refused(), undefined];
    await expect(
      untilAnswered(async () => {
        const error = answers[calls++];
        if (error !== undefined) throw error;
        return calls;
      }),
    ).resolves.toBe(3);

    let tries = 0;
    await expect(
      untilAnswered(async () => {
        tries++;
        throw answer('TOPIC_AUTHORIZATION_FAILED', false);
      }),
    ).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
    expect(tries).toBe(1);
  });
});
