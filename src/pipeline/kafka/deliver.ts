import type { Kafka, KafkaMessage } from 'kafkajs';
import type { Alert } from '../../alerts/alert.ts';
import { severityRose } from '../../alerts/alert.ts';
import type { OutgoingDocument } from '../../documents/outgoing.ts';
import { committedOffset } from '../../kafka/committed-offset.ts';
import type { Fetched } from '../../kafka/fetched.ts';
import type { PartitionWorker } from '../../kafka/partition-slot.ts';
