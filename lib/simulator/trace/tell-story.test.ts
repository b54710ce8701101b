import { expect, test } from 'vitest';
import { startScenario } from '../scenario/sandbox.ts';
import { sendRequest } from '../scenario/send-request.ts';
import { explain } from './explain.ts';
import { tellStory } from './tell-story.ts';

const SERVER = `
apiVersion: v1
kind: Pod
metadata: {name: server, labels: {app: server}}
spec: {containers: [{name: server, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: client, image: busybox, args: [sleep, infinity]}]}
---
apiVersion: v1
kind: Service
metadata: {name: server}
spec: {selector: {app: server}, ports: [{port: 80}]}
`;

const stepsOf = (url: string) => {
  const sandbox = startScenario({ name: 'story', manifests: [SERVER] }, 'story');
  const { trace } = sendRequest(sandbox, 'default/client', url);
  return sandbox.cluster.trace(trace)?.steps ?? [];
};

test('a story is short: one line a name, one way out, one way back, and what was said', () => {
  const steps = stepsOf('http://server');
  const story = tellStory(steps);
  expect(story.length).toBeLessThan(20);
  expect(story.length).toBeLessThan(explain(steps).length / 3);
  expect(story.filter((hop) => hop.steps.includes('dns'))).toHaveLength(1);
  expect(story.filter((hop) => hop.steps.includes('http')).map((hop) => hop.sentence)).toEqual([
    'Asks `GET / HTTP/1.1`',
    'Answers `HTTP/1.1 200 OK`',
    'Hears `HTTP/1.1 200 OK`',
  ]);
  expect(story.map((hop) => hop.number)).toEqual(story.map((_, i) => i + 1));
});

test('every name of the search list is told once', () => {
  const names = tellStory(stepsOf('http://nobody')).filter((hop) =>
    hop.sentence.includes('NXDOMAIN'),
  );
  expect(names.map((hop) => /`([^`]+)`/.exec(hop.sentence)?.[1])).toEqual(
    expect.arrayContaining([
      'nobody.default.svc.cluster.local.',
      'nobody.svc.cluster.local.',
      'nobody.cluster.local.',
    ]),
  );
});

test('what ends badly keeps its whole way', () => {
  const story = tellStory(stepsOf('http://server:81'));
  expect(story.some((hop) => hop.steps.includes('dropped'))).toBe(true);
});
