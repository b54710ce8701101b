import { statusResponse } from '../apiserver/rest-response.ts';
import { statusFailure } from '../apiserver/status.ts';
import type { Cluster } from '../cluster.ts';
import type { ShellSystem } from './run.ts';

const UNAVAILABLE = statusFailure(
  503,
  'ServiceUnavailable',
  'the server is currently unable to handle the request',
);

/** A terminal that knows no command yet: enough for a cluster that is looked at, and to which packets are sent. */
export const noCommands = (cluster: Cluster): ShellSystem => ({
  cluster,
  findCommand: () => undefined,
  followers: {},
  answer: () => statusResponse(UNAVAILABLE),
  complete: () => [],
  environmentOf: () => ({}),
  interrupt: () => {},
  signal: () => {},
  outputOf: () => ({ output: '', exitCode: 127 }),
});
