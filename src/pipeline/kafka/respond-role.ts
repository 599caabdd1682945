import { PartitionGroup } from '../../kafka/partition-group.ts';
import { TopicReader } from '../../kafka/topic-reader.ts';
import { RESPONDERS } from './any-responder.ts';
import { Replica } from './replica.ts';
import { type RespondOptions, RespondWorker } from './respond.ts';
import type { Role } from './role.ts';
import { ALERTS, CONTROL } from './topics.ts';

/** Responds, or stands by with everything at hand while another process does: `wayward.alerts` has one partition. */
export async function startRespond(options: RespondOptions): Promise<Role> {
  const { kafka, config, log } = options;
  const control = await TopicReader.open(kafka, CONTROL, 1);
  const replica = await Replica.open(kafka, config.state);
  const group = new PartitionGroup(kafka, {
    groupId: RESPONDERS,
    topics: [ALERTS],
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
