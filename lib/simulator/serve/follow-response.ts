import type { ServerResponse } from 'node:http';
import { pollLog } from '../apiserver/rest-log.ts';
import type { RestResponse } from '../apiserver/rest-types.ts';
import { pollWatch } from '../apiserver/watch.ts';
import type { Cluster } from '../cluster.ts';
import type { Stream } from './serve-clock.ts';

/** A client that reads nothing while this much waits for it is let go: the house does not remember for it. */
const BACKLOG = 64 * 1024 * 1024;

type Followed = Extract<RestResponse, { type: 'watch' | 'log' }>;

function read(answer: Followed, cluster: Cluster): { text: string; isClosed: boolean } {
  if (answer.type === 'log') return pollLog(answer.follower, cluster.apiServer);
  const { lines, isClosed } = pollWatch(answer.watcher, cluster.store, cluster.now);
  return { text: lines.map((line) => `${line}\n`).join(''), isClosed };
}

/** Opens the stream of a watch or a followed log. It is over when it ends or the client has gone. */
export function followResponse(
  answer: Followed,
  response: ServerResponse,
  cluster: Cluster,
): Stream {
  response.writeHead(200, {
    'content-type': answer.type === 'watch' ? 'application/json' : 'text/plain',
    'transfer-encoding': 'chunked',
  });
  response.flushHeaders();
  return {
    poll() {
      if (response.writableEnded || response.destroyed) return 'over';
      const { text, isClosed } = read(answer, cluster);
      if (text !== '') response.write(text);
      if (response.writableLength > BACKLOG) response.destroy();
      if (isClosed) response.end();
      if (isClosed) return 'over';
      return text === '' ? 'quiet' : 'sent';
    },
  };
}
