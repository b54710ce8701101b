'use client';

import { useState, type FormEvent } from 'react';
import type { Topology } from '#lib/sandbox/protocol.ts';
import { SendIcon } from '#components/ui/icons.tsx';
import { shortPodName } from '#components/packet-trace/lay-out-node.ts';

interface SendPacketProps {
  readonly topology: Topology;
  readonly isReady: boolean;
  readonly onSend: (from: string, to: string) => void;
}

/** A host and a port, or an address of the web. */
export function isTarget(text: string): boolean {
  return (
    /^(https?:\/\/)?[a-z0-9.[\]:-]+(:\d{1,5})?(\/\S*)?$/i.test(text.trim()) && text.trim() !== ''
  );
}

/** From a pod, to a host and port: a real client asks, and the trace opens. */
export function SendPacket({ topology, isReady, onSend }: SendPacketProps) {
  const servers = new Set(
    topology.services.flatMap(({ endpoints }) => endpoints.map(({ pod }) => pod)),
  );
  const rank = ({ namespace, name }: { namespace: string; name: string }) =>
    Number(namespace.startsWith('kube-')) * 2 + Number(servers.has(`${namespace}/${name}`));
  const pods = topology.nodes
    .flatMap((node) => node.pods)
    .filter((pod) => pod.phase === 'Running' && !pod.hostNetwork)
    .sort((a, b) => rank(a) - rank(b)); // clients first: whoever stands behind no Service
  const services = topology.services.filter(({ namespace }) => !namespace.startsWith('kube-'));
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [problem, setProblem] = useState<string>();
  const first = services.find(({ name }) => name !== 'kubernetes');
  const suggested = first
    ? `${first.name}.${first.namespace}:${first.ports[0]?.split(/[/:]/)[0] ?? '80'}`
    : '';
  const firstPod = pods[0];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const target = to.trim() === '' ? suggested : to.trim();
    const source = pods.some((pod) => `${pod.namespace}/${pod.name}` === from)
      ? from
      : firstPod && `${firstPod.namespace}/${firstPod.name}`;
    if (source === undefined) return setProblem('No pod is running that could send.');
    if (!isTarget(target))
      return setProblem('Give a name or an address, and a port: catalog.shop:80');
    setProblem(undefined);
    onSend(source, target);
  };
  return (
    <form className="send-packet" onSubmit={submit} aria-label="Send a packet" noValidate>
      <label>
        <span>From</span>
        <select className="input" value={from} onChange={(event) => setFrom(event.target.value)}>
          {pods.map((pod) => (
            <option key={`${pod.namespace}/${pod.name}`} value={`${pod.namespace}/${pod.name}`}>
              {pod.namespace}/{shortPodName(pod)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>To</span>
        <input
          className={problem === undefined ? 'input mono' : 'input mono bad'}
          value={to}
          placeholder={suggested}
          list="send-targets"
          aria-describedby="send-problem"
          aria-invalid={problem !== undefined}
          onChange={(event) => setTo(event.target.value)}
        />
        <datalist id="send-targets">
          {services.map(({ name, namespace, ports }) => (
            <option
              key={`${namespace}/${name}`}
              value={`${name}.${namespace}:${ports[0]?.split(/[/:]/)[0] ?? '80'}`}
            />
          ))}
        </datalist>
      </label>
      <button className="btn sm primary" disabled={!isReady || pods.length === 0}>
        <SendIcon size={14} />
        Send
      </button>
      <p id="send-problem" className="small field-problem" role="status">
        {problem}
      </p>
    </form>
  );
}
