import type { Consumer, ConsumerConfig, Kafka } from 'kafkajs';

const FIRST_RETRY = 100;
const LONGEST_RETRY = 2_000;

/**
 * A consumer that comes back whatever happens to it: kafkajs starts one again only after errors that it takes for passing ones,
 * and that a group has no coordinator, as any restart of a broker can bring, is not among them. Where it is as it comes
 * back is for its GROUP_JOIN listeners to say; until then `pause`, `resume` and `seek` do nothing.
 */
export function standingConsumer(kafka: Kafka, config: ConsumerConfig): Consumer {
  const consumer = kafka.consumer({
    ...config,
    retry: {
      retries: Number.MAX_SAFE_INTEGER,
      initialRetryTime: FIRST_RETRY,
      maxRetryTime: LONGEST_RETRY,
      restartOnFailure: async () => true,
    },
  });
  const { events } = consumer;
  let isMember = false;
  let restart: NodeJS.Timeout | undefined;
  const whileMember =
    <T>(tell: (of: T) => void) =>
    (of: T): void => {
      if (isMember) tell(of);
    };
  consumer.on(events.GROUP_JOIN, () => {
    isMember = true;
  });
  consumer.on(events.STOP, () => {
    isMember = false;
  });
  return {
    ...consumer,
    pause: whileMember(consumer.pause),
    resume: whileMember(consumer.resume),
    seek: whileMember(consumer.seek),
    async run(options) {
      consumer.on(events.CRASH, ({ payload }) => {
        if (!payload.restart) restart = setTimeout(() => void consumer.run(options), LONGEST_RETRY);
      });
      await consumer.run(options);
    },
    async disconnect() {
      clearTimeout(restart);
      await consumer.disconnect();
    },
  };
}
