import { connect, isIP, isIPv6 } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE_MS = 60_000;
const IN_BRACKETS = /^\[(.+)\]:(\d{1,5})$/;

/** `HOST:PORT`, an IPv6 address in brackets. */
export function isBroker(written: string): boolean {
  const [, address] = IN_BRACKETS.exec(written) ?? [];
  return address === undefined ? /^[^\s:/[\];]+:\d{1,5}$/.test(written) : isIPv6(address);
}

/** kafkajs cuts the address at its first colon, so an IPv6 address has semicolons until it comes to the socket. */
export const forKafkajs = (broker: string): string =>
  broker.replace(IN_BRACKETS, (_, address: string, port: string) => `${address.replaceAll(':', ';')}:${port}`);

/** As people write it, wherever it came from. */
export const shownBroker = (broker: string): string =>
  broker.replace(/^([\da-f:;.]*[:;][\da-f:;.]*):(\d+)$/i, (_, address: string, port: string) =>
    isIPv6(hostOf(address)) ? `[${hostOf(address)}]:${port}` : `${address}:${port}`,
  );

const hostOf = (host: string): string => host.replaceAll(';', ':');

/** What kafkajs does by itself, with IPv6 addresses as well. */
export const openSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const address = { host: hostOf(host), port };
  const name = isIP(address.host) === 0 ? { servername: address.host } : {};
  // Its type does not say that it is null for a listener without TLS.
  const socket = ssl ? connectTls({ ...address, ...name, ...ssl }, onConnect) : connect(address, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_MS);
};
