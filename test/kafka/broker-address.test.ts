import { expect, test } from 'vitest';
import { forKafkajs, isBroker, shownBroker } from '../../src/kafka/broker-address.ts';

test.each(['kafka-1.example.com:9092', '10.0.0.7:9092', '[2001:db8::7]:9093', '[::1]:1', '[::ffff:10.0.0.7]:9092'])(
  '%s is the address of a broker, and is shown as it was written',
  (broker) => {
    expect(isBroker(broker)).toBe(true);
    const given = forKafkajs(broker);
    expect(given.split(':')).toHaveLength(2);
    expect(shownBroker(given)).toBe(broker);
  },
);

test.each([
  'kafka',
  '2001:db8::7:9092',
  '[2001:db8::7]',
  '[kafka-1]:9092',
  '[10.0.0.7]:9092',
  'a;b:9092',
  'a:b:1',
  '[::1]:x',
])('%s is none', (broker) => {
  expect(isBroker(broker)).toBe(false);
});

test('what a broker says of itself is shown the same way', () => {
  expect(shownBroker('2001:db8::7:9093')).toBe('[2001:db8::7]:9093');
  expect(shownBroker('kafka-1.example.com:9092')).toBe('kafka-1.example.com:9092');
});
