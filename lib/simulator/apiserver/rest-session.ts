import type { Pod } from '../api/core/pod.ts';
import type { ResourcePath } from './request-path.ts';
import { chooseContainer } from './rest-log.ts';
import { firstOf } from './rest-read.ts';
import { statusResponse } from './rest-response.ts';
import type { ApiServer, PodSession, RestResponse } from './rest-types.ts';
import { badRequest, notFound } from './status.ts';

type Query = ReadonlyMap<string, readonly string[]>;

const isOn = (query: Query, name: string) => /^(1|true)$/i.test(firstOf(query, name) ?? '');

/** Which container and which of its streams `exec` and `attach` ask for, or why they cannot. */
function containerSession(
  verb: 'exec' | 'attach',
  pod: Pod,
  query: Query,
): PodSession | { readonly problem: string } {
  const chosen = chooseContainer(pod, firstOf(query, 'container') ?? '');
  if ('problem' in chosen) return chosen;
  const streams = {
    stdin: isOn(query, 'stdin'),
    stdout: isOn(query, 'stdout'),
    stderr: isOn(query, 'stderr'),
  };
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    return { problem: 'you must specify at least 1 of stdin, stdout, stderr' };
  }
  const { namespace = '', name } = pod.metadata;
  const place = { namespace, pod: name, container: chosen.container };
  const tty = isOn(query, 'tty');
  if (verb === 'attach') return { verb, ...place, ...streams, tty };
  return { verb, ...place, ...streams, tty, command: query.get('command') ?? [] };
}

/**
 * `/exec`, `/attach` and `/portforward` of a pod: what the connection is for, as plain data; whoever speaks HTTP upgrades
 * the connection and carries the streams. Source: pkg/registry/core/pod/strategy.go `streamLocation`.
 */
export function openPodSession(
  verb: PodSession['verb'],
  path: ResourcePath,
  query: Query,
  server: ApiServer,
): RestResponse {
  const { kind, namespace = '', name = '' } = path;
  const pod = server.store.get<Pod>('Pod', namespace, name);
  if (!pod) return statusResponse(notFound(kind, name));
  const session =
    verb === 'portforward' ? { verb, namespace, pod: name } : containerSession(verb, pod, query);
  if ('problem' in session) return statusResponse(badRequest(session.problem));
  if (!pod.spec.nodeName) {
    return statusResponse(badRequest(`pod ${name} does not have a host assigned`));
  }
  return { type: 'session', status: 101, session };
}
