/** The simulator's door for a page: as index.ts, without what comes later by terminal.ts, story.ts and policies.ts. */
export {
  act,
  completeLine,
  forkSandbox,
  lastTrace,
  openSandbox,
  sandboxFingerprint,
  startScenario,
  withShell,
  type CreateShell,
  type Sandbox,
} from './scenario/open-sandbox.ts';
export {
  followEntry,
  lastActOf,
  openLive,
  passLiveTime,
  plainTranscript,
  type LiveEntry,
  type LiveSandbox,
} from './scenario/live-sandbox.ts';
export { sendRequest } from './scenario/send-request.ts';
export { ENGINE_VERSION } from './scenario/transcript.ts';
export { noCommands } from './shell/no-commands.ts';
export { promptOf } from './shell/terminal.ts';
export { formatTimestamp as formatClusterTime } from './base/clock.ts';
export { viewObjects } from './view/objects.ts';
export { viewTopology } from './view/topology.ts';
