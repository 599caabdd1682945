import { PartitionGroup } from '../../kafka/partition-group.ts';
import { TopicReader } from '../../kafka/topic-reader.ts';
import { Replica } from './replica.ts';
import { type RespondOptions, RespondWorker } from './respond.ts';
import type { Role } from './role.ts';

/** Responds, or stands by with everything at hand while another process does: `wayward.alerts` has one partition. */
export async function startRespond(options: RespondOptions): Promise<Role> {
  const { kafka, config, log } = options;
  const control = await TopicReader.open(kafka, kafka.names.topics.control, 1);
  const replica = await Replica.open(kafka, config.state);
  if (replica.left !== undefined)
    log.warn(
      { before: replica.left, now: kafka.names.topics.response },
      'kafka.prefix has changed: what was decided under the other one is not known here',
    );
  const group = new PartitionGroup(kafka, {
    groupId: kafka.names.id('respond'),
    topics: [kafka.names.topics.alerts],
    worker: () => new RespondWorker({ ...options, replica, control }),
    log,
  });
  await group.start();
  return {
    get slots() {
      return group.slots;
    },
    get ready() {
      return group.ready;
    },
    async stop() {
      await group.stop();
      await replica.close();
      await control.close();
    },
  };
}
