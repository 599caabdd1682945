import { CallError } from '../errors.ts';
import { shownBroker } from './broker-address.ts';
import { TokenRefusedError } from './oauth-bearer.ts';
import { type KafkaSettings, userOf } from './settings.ts';

/** Codes of Node's TLS for a certificate that does not hold. */
const CERTIFICATE = /CERT|ERR_TLS|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;

/** What kafkajs's error means for a person, and what to look at. Holds no secret. */
export function whyUnavailable(error: unknown, { brokers, tls, sasl }: KafkaSettings): string {
  const root = rootOf(error);
  const { name, message, code, type } = root;
  const broker = root.broker === undefined ? brokers.join(', ') : shownBroker(root.broker);
  if (root instanceof CallError)
    return `kafka.sasl.token_url: ${message}; check token_url, client_id and client_secret`;
  const isRefused = name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED';
  if (isRefused || root instanceof TokenRefusedError) {
    const parts = sasl?.mechanism === 'oauthbearer' ? 'client_id, scope, audience, resource' : 'username, password';
    return `Kafka (${broker}) did not take the user "${sasl && userOf(sasl)}"; check kafka.sasl: ${parts} and mechanism`;
  }
  if (type === 'UNSUPPORTED_SASL_MECHANISM')
    return `Kafka (${broker}) does not know ${sasl?.mechanism}; check kafka.sasl.mechanism against its sasl.enabled.mechanisms`;
  if (typeof code === 'string' && CERTIFICATE.test(code))
    return `Kafka (${broker}) showed a certificate that does not hold (${message}); check kafka.tls.ca and kafka.tls.server_name`;
  const security = tls === undefined ? 'that this listener is one without TLS (else write kafka.tls)' : 'kafka.tls';
  return `Kafka (${broker}) does not answer (${message}); check kafka.brokers, that they run and can be reached, and ${security}`;
}

interface KafkaFault {
  readonly name?: string;
  readonly message: string;
  readonly broker?: string;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly cause?: unknown;
}

/** kafkajs wraps what happened in "number of retries exceeded" and the like. */
function rootOf(error: unknown): KafkaFault {
  let fault: KafkaFault = error instanceof Error ? error : { message: String(error) };
  while (fault.cause instanceof Error && fault.cause !== fault) fault = fault.cause;
  return fault;
}
