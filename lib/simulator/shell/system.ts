import { hasNodeCache } from '../cluster-options.ts';
import { hasPolicyAgent } from '../node/policy-agent/enforces-policies.ts';
import { handleRequest } from '../apiserver/rest.ts';
import type { Cluster } from '../cluster.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../base/clock.ts';
import { NETWORK_TARGET } from '../linux/environment.ts';
import type { NetworkEvent } from '../linux/network.ts';
import { signalProcess } from '../linux/process.ts';
import { containerProcess, imageOfContainer } from '../node/kubelet/container-process.ts';
import {
  finished,
  type Command,
  type CommandContext,
  type CommandResult,
  type ShellPlace,
} from './command.ts';
import { completeWord } from './complete.ts';
import { createKubectl, kubectlFollowers } from './kubectl/kubectl.ts';
import { isPoweredOn } from '../node/machine-power.ts';
import { ipmitool, powerOff } from './power.ts';
import { startProgram } from './start-program.ts';
import type { ShellSystem } from './run.ts';
import { TEXT_FILTERS } from './text-filters.ts';
import { NETWORK_PROGRAMS, TOOLS } from './tools.ts';

const ALIASES: Readonly<Record<string, string>> = { k: 'kubectl' };

/** Tools of a Linux machine that one has logged in to. */
const EVERYWHERE = ['sh', 'exit', 'ssh', 'clear'];

const ssh: Command = (args, context) => {
  const name = (args[0] ?? '').replace(/^[^@]*@/, '');
  const node = context.cluster.options.nodes.find(
    (candidate) => candidate.name === name || candidate.address === name,
  );
  if (!node) {
    return finished(
      '',
      255,
      `ssh: Could not resolve hostname ${name}: Name or service not known\n`,
    );
  }
  if (!isPoweredOn(context.cluster.network, node.name)) {
    return finished('', 255, `ssh: connect to host ${name} port 22: No route to host\n`);
  }
  const place: ShellPlace = { type: 'node', node: node.name };
  if (args.length === 1) return { type: 'moved', place };
  return runInPlace(place, args.slice(1), context);
};

const exit: Command = ([code]) => ({
  type: 'moved',
  place: 'back',
  ...(code === undefined ? {} : { exitCode: Number(code) & 255 }),
});
const clear: Command = () => finished('\u001b[2J');

const UNITS = ['kubelet', 'kube-proxy'];

/** `systemctl kill [-s SIGNAL] node-local-dns`: the agents that have a process of their own. */
function killUnit(args: readonly string[], { place, cluster }: CommandContext): CommandResult {
  const at = args.findIndex((word) => word === '-s' || word === '--signal');
  const option = args.find((word) => word.startsWith('--signal='))?.slice('--signal='.length);
  const named = (at >= 0 ? args[at + 1] : option) ?? 'SIGTERM';
  const signal = /^(9|(SIG)?KILL)$/.test(named) ? 'SIGKILL' : 'SIGTERM';
  const unit = args.find((word, i) => !word.startsWith('-') && (at < 0 || i !== at + 1)) ?? '';
  const { network, environment } = cluster;
  const process = Object.values(network.processes).find(
    ({ program, namespace, exitCode }) =>
      unit.replace(/\.service$/, '') === 'node-local-dns' &&
      program === 'node-cache' &&
      place.type === 'node' &&
      namespace === place.node &&
      exitCode === undefined,
  );
  if (!process) return finished('', 1, `Failed to kill unit ${unit}: no process to kill\n`);
  signalProcess(network, environment, process.pid, signal);
  return finished('');
}

/** `systemctl stop|start|restart|status kube-proxy|kubelet|bird|node-local-dns|policy-agent` on a node: what stops is the agent. */
const systemctl: Command = ([verb = '', unit = '', ...more], context) => {
  if (verb === 'kill') return killUnit([unit, ...more], context);
  const { place, cluster } = context;
  const agent = unit.replace(/\.service$/, '');
  const units = [
    ...UNITS,
    ...(cluster.options.cni === 'bgp' ? ['bird'] : []),
    ...(hasNodeCache(cluster.options) ? ['node-local-dns'] : []),
    ...(hasPolicyAgent(cluster.options) ? ['policy-agent'] : []),
  ];
  if (place.type !== 'node' || !units.includes(agent)) {
    return finished('', 5, `Failed to ${verb} ${unit}.service: Unit ${unit}.service not found.\n`);
  }
  const isStopped = cluster.state.stoppedAgents.includes(`agent/${agent}/${place.node}`);
  switch (verb) {
    case 'stop':
      cluster.setAgent(agent, place.node, 'stopped');
      return finished('');
    case 'start':
    case 'restart':
      cluster.setAgent(agent, place.node, 'stopped');
      cluster.setAgent(agent, place.node, 'running');
      return finished('');
    case 'is-active':
      return finished(isStopped ? 'inactive\n' : 'active\n', isStopped ? 3 : 0);
    case 'status':
      return finished(
        `${isStopped ? '○' : '●'} ${agent}.service\n     Active: ${isStopped ? 'inactive (dead)' : 'active (running)'}\n`,
        isStopped ? 3 : 0,
      );
    default:
      return finished('', 1, `Unknown command verb '${verb}'.\n`);
  }
};

/** Names that the image of a container brings; everything on nodes and the workstation. */
function hasCommand(name: string, context: CommandContext): boolean {
  const { place, cluster } = context;
  if (place.type !== 'container' || EVERYWHERE.includes(name)) return true;
  const image = imageOfContainer(
    cluster.images,
    cluster.store,
    place.namespace,
    place.pod,
    place.container,
  );
  return image ? image.commands.includes(name) : false;
}

const startNetworkProgram =
  (name: string): Command =>
  (args, context) =>
    startProgram(name, args, context);

/** `5`, `1.5s`, `2m`. */
function durationOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text);
  const unit = { '': SECOND, s: SECOND, m: MINUTE, h: HOUR, d: DAY }[match?.[2] ?? ''];
  return match && unit !== undefined ? Math.round(Number(match[1]) * unit) : undefined;
}

/** timeout(1): SIGTERM when the time is up. */
const timeout: Command = (args, context) => {
  const words = args.filter((arg, i) => !(i === 0 && arg.startsWith('-') && arg !== '-t'));
  const [duration = '', ...argv] = words[0] === '-t' ? words.slice(1) : words;
  if (argv.length === 0) {
    return finished(
      '',
      125,
      "timeout: missing operand\nTry 'timeout --help' for more information.\n",
    );
  }
  const delay = durationOf(duration);
  if (delay === undefined) {
    return finished(
      '',
      125,
      `timeout: invalid time interval '${duration}'\nTry 'timeout --help' for more information.\n`,
    );
  }
  const result = runInPlace(context.place, argv, context);
  if (result.type !== 'process') return result;
  const { cluster } = context;
  const event: NetworkEvent = {
    type: 'notify',
    pid: result.pid,
    event: { type: 'signal', signal: 'SIGTERM' },
  };
  cluster.queue.schedule(delay, NETWORK_TARGET, event);
  return { ...result, deadline: cluster.now + delay };
};

function findCommand(name: string, context: CommandContext): Command | undefined {
  const wanted = ALIASES[name] ?? name.replace(/^\/(?:usr\/)?s?bin\//, '');
  const { type } = context.place;
  if (wanted === 'exit' || wanted === 'logout') return exit;
  if (wanted === 'clear') return clear;
  if (wanted === 'timeout') return timeout;
  if (wanted === 'sh' || wanted === 'bash') return shellCommand;
  if (type === 'workstation' && wanted === 'kubectl') return kubectl;
  if (type === 'workstation' && wanted === 'ssh') return ssh;
  if (type === 'workstation' && wanted === 'ipmitool') return ipmitool;
  if (type === 'node' && wanted === 'systemctl') return systemctl;
  if (type === 'node' && /^(poweroff|halt|shutdown)$/.test(wanted)) return powerOff;
  if (!hasCommand(wanted, context) && !(wanted in TEXT_FILTERS)) return undefined;
  if (wanted in TOOLS) return TOOLS[wanted];
  if (wanted in TEXT_FILTERS) return TEXT_FILTERS[wanted];
  if (NETWORK_PROGRAMS.includes(wanted)) return startNetworkProgram(wanted);
  return undefined;
}

/** More than words: quotes, pipes, lists, variables, redirections. */
const NEEDS_A_SHELL = /[|&;<>()$`"'\\\n]/;

/** `sh -c 'line'` inside a container or node; a bare `sh` only moves the prompt (kubectl exec -it does that). */
const shellCommand: Command = (args, context) => {
  if (args.length === 0) return finished('');
  const line = args[0] === '-c' ? (args[1] ?? '') : '';
  if (NEEDS_A_SHELL.test(line) || /^\s*exit\b/.test(line))
    return { type: 'script', place: context.place, line };
  const [name, ...rest] = line.trim().split(/\s+/);
  if (args[0] !== '-c' || name === undefined || name === '') {
    return finished('', 2, `sh: 0: cannot open ${args[0] ?? ''}: No such file\n`);
  }
  return runInPlace(context.place, [name, ...rest], context);
};

/** Runs argv where a place stands, as `ssh NODE CMD` and `kubectl exec POD -- CMD` do. */
function runInPlace(
  place: ShellPlace,
  argv: readonly string[],
  context: CommandContext,
): CommandResult {
  const [name = '', ...args] = argv;
  const inner: CommandContext = { ...context, place };
  const command = findCommand(name, inner);
  if (!command) return finished('', 127, `sh: ${name}: command not found\n`);
  return elsewhere(command(args, inner), inner);
}

/** Follows a command that wants another one run elsewhere. */
const elsewhere = (result: CommandResult, context: CommandContext): CommandResult =>
  result.type === 'elsewhere' ? runInPlace(result.place, result.argv, context) : result;

const kubectl = createKubectl({ runInPlace });

function environmentOf({ network, store }: Cluster, place: ShellPlace) {
  if (place.type !== 'container') return {};
  const { namespace, pod, container } = place;
  return containerProcess(network, store, namespace, pod, container)?.environment ?? {};
}

/** Everything that a terminal over this cluster can do. */
export function createShellSystem(cluster: Cluster): ShellSystem {
  return {
    cluster,
    findCommand: (name, context) => {
      const command = findCommand(name, context);
      return command && ((args, inner) => elsewhere(command(args, inner), inner));
    },
    followers: kubectlFollowers,
    answer: (request) => handleRequest(request, cluster.apiServer),
    complete: (line, terminal) => completeWord(line, terminal, cluster),
    environmentOf: (place) => environmentOf(cluster, place),
    interrupt: (pid) => signalProcess(cluster.network, cluster.environment, pid, 'SIGINT'),
    signal: (pid, signal) => signalProcess(cluster.network, cluster.environment, pid, signal),
    outputOf: (pid) => {
      const process = cluster.network.processes[pid];
      if (!process) return { output: '', exitCode: 130 };
      return process.exitCode === undefined
        ? { output: process.output }
        : { output: process.output, exitCode: process.exitCode };
    },
  };
}
