import { createRequire } from 'node:module';

/** The part of kafkajs's connection to one broker that is called here. */
interface ClientConnection {
  readonly requestQueue: { throttledUntil: number };
  connect(): Promise<unknown>;
  send(protocol: object): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

const silent = { info() {}, warn() {}, error() {}, debug() {} };

/** kafkajs's own, by itself: it has to be patched before. */
export function connectionTo(port: number): ClientConnection {
  const require = createRequire(import.meta.url);
  const Connection: new (options: object) => ClientConnection = require('kafkajs/src/network/connection');
  const socketFactory: object = require('kafkajs/src/network/socketFactory')();
  const logger = { ...silent, namespace: () => logger };
  const address = { host: '127.0.0.1', port };
  return new Connection({ ...address, connectionTimeout: 1_000, requestTimeout: 1_000, logger, socketFactory });
}

/** A request for metadata, whose answer is taken as it is. */
export function metadataRequest(): object {
  const Encoder: new () => object = createRequire(import.meta.url)('kafkajs/src/protocol/encoder');
  const request = { apiKey: 3, apiName: 'Metadata', apiVersion: 1, encode: async () => new Encoder() };
  const response = { decode: async () => ({}), parse: async () => 'answered' };
  return { request, response };
}
