import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Micros } from '../base/clock.ts';

/** Which exec was tried, where and when: containerd names each by 64 hexadecimal digits. */
export interface TriedExec {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: string;
  readonly now: Micros;
}

/**
 * What the kubelet answers when a container has no such command, with containerd's and runc's words in it. kube-apiserver
 * puts `Internal error occurred: ` before it once more when it carries it to a WebSocket.
 */
export function execFailure({ namespace, pod, container, command, now }: TriedExec): string {
  const id = bytesToHex(sha256(utf8ToBytes(`${namespace}/${pod}/${container}/${command}/${now}`)));
  const why = command.includes('/')
    ? `stat ${command}: no such file or directory`
    : 'executable file not found in $PATH';
  return `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(command)}: ${why}: unknown`;
}
