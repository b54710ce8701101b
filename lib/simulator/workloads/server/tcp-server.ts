import type { Program } from '../../linux/program.ts';

/**
 * A server that only has a port as far as anybody looks: it accepts, stays, and ends when the client ends.
 *
 * Simplified: databases and queues speak no protocol of theirs.
 */
function tcpServer(name: string, port: number, ready: string): Program<null> {
  return {
    name,
    start(args, calls) {
      const at = args.findIndex((arg) => arg === '--port' || arg === '-p');
      const wanted = at >= 0 ? Number(args[at + 1]) : port;
      if (calls.listen(wanted).ok) calls.print(`${ready}\n`);
      else {
        calls.printError(`bind: Address already in use\n`);
        calls.exit(1);
      }
      return null;
    },
    handle(_, event, calls) {
      if (event.type === 'signal') calls.exit(0);
      else if (event.type === 'ended') calls.close(event.socket);
    },
  };
}

export const POSTGRES = tcpServer(
  'postgres',
  5432,
  'LOG:  database system is ready to accept connections',
);
export const MYSQL = tcpServer('mysqld', 3306, 'mysqld: ready for connections.');
export const MONGO = tcpServer(
  'mongod',
  27_017,
  '{"s":"I","c":"NETWORK","msg":"Waiting for connections"}',
);
export const MEMCACHED = tcpServer('memcached', 11_211, 'server listening (11211)');
