/**
 * `npm run bench [-- BENCH [OPTIONS]]`: without a name, `scan`.
 *
 *   scan     a file to alerts in one thread, against reading and parsing alone; memory of 100,000 principals
 *   kafka    events a second from Kafka to alerts, in one process and in two, against scan and a bare relay
 *   latency  from a record's append on Kafka to its alert found in Elasticsearch, at 5,000 events a second
 *   restore  a process dies that knows 200,000 principals: how long until another one knows them, and how many bytes
 *
 * The options stand at the head of each bench's file. All but `scan` start real servers, and stop them.
 */
const BENCHES = {
  scan: './scan.ts',
  kafka: './kafka/throughput.ts',
  latency: './kafka/latency.ts',
  restore: './kafka/restore.ts',
};

const first = process.argv[2];
const isNamed = first !== undefined && !first.startsWith('-');
const name = isNamed ? first : 'scan';
if (!Object.hasOwn(BENCHES, name)) {
  console.error(`no bench ${name}; there is: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
// As the bench sees them: options only.
if (isNamed) process.argv.splice(2, 1);
await import(BENCHES[name as keyof typeof BENCHES]);
