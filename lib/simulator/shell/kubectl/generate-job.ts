import type { CronJob } from '../../api/batch/cron-job.ts';
import { ask, fail, failStatus, urlOf, valueOf, type Call } from './call.ts';
import type { Making } from './make.ts';
import { parseTargets } from './resources.ts';

function podSpecOf(call: Call, name: string, command: readonly string[], restartPolicy: string) {
  const image = valueOf(call, 'image');
  const container = { ...(command.length === 0 ? {} : { command }), image, name, resources: {} };
  return { containers: [container], restartPolicy };
}

/** `create job --from=cronjob/x`: what the CronJob would have made, marked as made by hand. */
function jobFrom(call: Call, name: string, from: string): unknown {
  const [target, ...more] = parseTargets(call, [from]) ?? [];
  if (!target) return undefined;
  if (more.length > 0 || target.name === undefined) {
    fail(call, 'from must be an existing cronjob');
    return undefined;
  }
  const answer = ask<CronJob>(call, {
    method: 'GET',
    path: urlOf(target.kind, call.namespace, target.name),
  });
  if (!answer.ok) {
    failStatus(call, answer.status);
    return undefined;
  }
  if (target.kind.kind !== 'CronJob') {
    fail(call, `unknown object type *${target.kind.version}.${target.kind.kind}`);
    return undefined;
  }
  const { metadata, spec } = answer.value;
  const { metadata: template, spec: jobSpec } = spec.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...template?.annotations },
      ...(template?.labels ? { labels: template.labels } : {}),
      name,
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          controller: true,
          kind: 'CronJob',
          name: metadata.name,
          uid: metadata.uid,
        },
      ],
    },
    spec: jobSpec,
    status: {},
  };
}

/** `create job`, from an image or from a CronJob; undefined after it printed why not. */
export function generateJob(
  call: Call,
  name: string,
  command: readonly string[],
): Making | undefined {
  const refused = 'failed to create job: ';
  const [image, from] = [valueOf(call, 'image'), valueOf(call, 'from')];
  if ((image === undefined) === (from === undefined)) {
    fail(call, 'either --image or --from must be specified');
    return undefined;
  }
  if (from !== undefined) {
    if (command.length > 0) {
      fail(call, 'cannot specify --from and command');
      return undefined;
    }
    const object = jobFrom(call, name, from);
    return object === undefined ? undefined : { object, refused };
  }
  const template = { metadata: {}, spec: podSpecOf(call, name, command, 'Never') };
  const object = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { template },
    status: {},
  };
  return { object, refused };
}

/** `create cronjob`. */
export function generateCronJob(call: Call, name: string, command: readonly string[]): Making {
  const restart = valueOf(call, 'restart') ?? 'OnFailure';
  const template = { metadata: {}, spec: podSpecOf(call, name, command, restart) };
  const object = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name },
    spec: {
      jobTemplate: { metadata: { name }, spec: { template } },
      schedule: valueOf(call, 'schedule'),
    },
    status: {},
  };
  return { object, refused: 'failed to create cronjob: ' };
}
