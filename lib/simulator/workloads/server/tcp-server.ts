import type { Program } from '../../linux/program.ts';

/**
 * A server that only has a port as far as anybody looks: it accepts, stays, and ends when the client ends.
 *
 * Simplified: databases speak no protocol of theirs; `PING` to redis-server is answered.
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
      else if (event.type === 'data' && event.payload.kind === 'bytes' && name === 'redis-server') {
        if (event.payload.text.trim().toUpperCase() === 'PING')
          calls.send(event.socket, { kind: 'bytes', text: '+PONG\r\n' });
      }
    },
  };
}

export const REDIS = tcpServer('redis-server', 6379, '* Ready to accept connections tcp');
export const POSTGRES = tcpServer(
  'postgres',
  5432,
  'LOG:  database system is ready to accept connections',
);
export const MYSQL = tcpServer('mysqld', 3306, 'mysqld: ready for connections.');
