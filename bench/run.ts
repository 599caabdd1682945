/**
 * `npm run bench [-- BENCH [OPTIONS]]`: without a name, `scan`.
 *
 *   scan     a file to alerts in one thread, against reading and parsing alone; memory of 100,000 principals
 *   secrets  what the search for secrets costs a byte, and a million records with planted ones, of which none may come out
 *   mutants  damaged and forged records of every format: none vanishes, none throws, no secret comes out; what each byte of them costs
 *   forged   a million distinct ids, clients and paths: memory does not grow with them, and real agents' findings stay the same
 *   kafka    events a second from Kafka to alerts, in one process and in two, against scan and a bare relay
 *   latency  from a record's append on Kafka to its alert found in Elasticsearch, at 5,000 events a second
 *   restore  a process dies that knows 200,000 principals: how long until another one knows them, and how many bytes
 *
 * The options stand at the head of each bench's file. All but `scan`, `secrets`, `mutants` and `forged` start real servers, and stop them.
 */
const [first = 'scan', ...rest] = process.argv.slice(2);
const [name, args] = first.startsWith('-') ? ['scan', [first, ...rest]] : [first, rest];

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  scan: async () => (await import('./scan.ts')).main(args),
  secrets: async () => (await import('./secrets.ts')).main(args),
  mutants: async () => (await import('./mutants.ts')).main(args),
  forged: async () => (await import('./forged.ts')).main(args),
  kafka: async () => (await import('./kafka/throughput.ts')).main(args),
  latency: async () => (await import('./kafka/latency.ts')).main(args),
  restore: async () => (await import('./kafka/restore.ts')).main(args),
};

const bench = BENCHES[name];
if (bench === undefined) {
  console.error(`no bench ${name}; there is: ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 2;
} else await bench();
